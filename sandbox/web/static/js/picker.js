// @ts-check
/* A choice set that asks for its choices, drawn as Teams does: the renderer's own knows neither several choices nor what
   stands in the other inputs, and cannot be used with the keyboard. */
import { h } from "./dom.js";

/**
 * @typedef {{title: string, value: string, subtitle?: string | null}} Choice
 * @typedef {{results: Choice[], trouble: string | null}} Found
 * @typedef {(input: string, text: string, inputs: Record<string, unknown>) => Promise<Found>} Search
 */

const AFTER_TYPING_MS = 250;

/** @type {WeakMap<Element, Search>} who searches for the inputs of a card, by the element around it */
const searches = new WeakMap();
let made = 0;

/**
 * @param {Element} element around a card
 * @param {Search} search
 */
export function searchesFor(element, search) {
  searches.set(element, search);
}

/**
 * Let the renderer draw such inputs with a list that fills as one types.
 *
 * @param {any} renderer
 */
export function setUpPicker(renderer) {
  renderer.GlobalRegistry.elements.register("Input.ChoiceSet", pickerClass(renderer.ChoiceSetInput));
}

/** @param {any} Base */
function pickerClass(Base) {
  return class extends Base {
    asks = false;
    /** @type {Picker | null} */
    picker = null;

    /** @param {any} source @param {any} context */
    internalParse(source, context) {
      super.internalParse(source, context);
      this.asks = source["choices.data"]?.type === "Data.Query" && Boolean(source["choices.data"].dataset);
    }

    internalRender() {
      if (!this.asks) return super.internalRender();
      const preset = String(this.defaultValue ?? "").split(",").filter(Boolean);
      const known = this.choices.map((/** @type {any} */ each) => ({ title: each.title, value: each.value }));
      this.picker = new Picker({
        many: this.isMultiSelect,
        placeholder: this.placeholder ?? "",
        search: (/** @type {string} */ text) => this.#search(text),
        changed: () => this.valueChanged(),
      });
      queueMicrotask(() => void this.picker?.preset(preset, known));
      return this.picker.element;
    }

    /** @param {string} text @returns {Promise<Found>} */
    async #search(text) {
      const around = this.renderedElement?.closest(".card");
      const search = around && searches.get(around);
      if (!search) return { results: [], trouble: null };
      const inputs = this.getRootElement().getAllInputs();
      const typed = inputs.map((/** @type {any} */ each) => [each.id, each.value ?? ""]);
      return search(this.id, text, Object.fromEntries(typed));
    }

    updateInputControlAriaLabelledBy() {
      if (!this.picker) return super.updateInputControlAriaLabelledBy();
      const names = this.getAllLabelIds();
      if (names.length) this.picker.field.setAttribute("aria-labelledby", names.join(" "));
      return undefined;
    }

    focus() {
      if (this.picker) this.picker.field.focus();
      else super.focus();
    }

    isSet() {
      return this.picker ? this.picker.chosen.length > 0 : super.isSet();
    }

    isValid() {
      return this.picker ? true : super.isValid();
    }

    get value() {
      return this.picker ? this.picker.chosen.map((each) => each.value).join(",") || undefined : super.value;
    }
  };
}

/** The field with its list, and what was chosen. */
class Picker {
  /** @type {Choice[]} */
  chosen = [];
  /** @type {Choice[]} */
  #offered = [];
  #active = -1;
  #asked = 0;
  #id = `picker-${(made += 1)}`;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {{many: boolean, placeholder: string, search: (text: string) => Promise<Found>, changed: () => void}} how */
  constructor({ many, placeholder, search, changed }) {
    this.many = many;
    this.search = search;
    this.changed = changed;
    this.chips = h("ul", { class: "chosen", hidden: true });
    this.list = h("ul", { class: "offered", role: "listbox", id: `${this.#id}-list`, hidden: true });
    this.status = h("p", { class: "hint", role: "status" });
    this.field = h("input", {
      type: "text",
      class: "ac-input ac-textInput",
      role: "combobox",
      placeholder,
      autocomplete: "off",
      "aria-autocomplete": "list",
      "aria-controls": `${this.#id}-list`,
      "aria-expanded": "false",
      oninput: () => this.#typed(),
      onfocus: () => this.#offered.length && this.#open(true),
      onblur: () => this.#open(false),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    });
    this.element = h("div", { class: "picker" }, this.chips, this.field, this.list, this.status);
  }

  /**
   * Choose what the card had chosen; ids of people are looked up for their names.
   *
   * @param {string[]} values
   * @param {Choice[]} known
   */
  async preset(values, known) {
    for (const value of values) {
      const mine = known.find((each) => each.value === value);
      const found = mine ? [mine] : (await this.search(value).catch(() => ({ results: [] }))).results;
      this.#choose(found.find((each) => each.value === value) ?? { title: value, value }, { quietly: true });
    }
  }

  #typed() {
    if (!this.many && this.chosen.length) {
      this.chosen = [];
      this.changed();
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), AFTER_TYPING_MS);
  }

  async #ask() {
    const number = (this.#asked += 1);
    this.status.textContent = "Searching…";
    /** @type {Found} */
    let found;
    try {
      found = await this.search(this.field.value.trim());
    } catch (error) {
      found = { results: [], trouble: /** @type {Error} */ (error).message };
    }
    if (number !== this.#asked) return; // somebody has typed on
    this.#offered = found.results.filter((each) => !this.chosen.some(({ value }) => value === each.value));
    this.status.textContent = found.trouble ?? (this.#offered.length ? "" : "No results");
    this.list.replaceChildren(...this.#offered.map((each, index) => this.#option(each, index)));
    this.#activate(-1);
    this.#open(document.activeElement === this.field && this.#offered.length > 0);
  }

  /** @param {Choice} choice @param {number} index */
  #option(choice, index) {
    const pick = (/** @type {Event} */ event) => {
      event.preventDefault(); // the field keeps the focus
      this.#choose(choice);
    };
    return h(
      "li",
      { role: "option", id: `${this.#id}-${index}`, "aria-selected": "false", onpointerdown: pick },
      h("span", {}, choice.title),
      choice.subtitle ? h("small", {}, choice.subtitle) : null,
    );
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#offered.length) {
      event.preventDefault();
      this.#open(true);
      this.#activate((this.#active + step + this.#offered.length) % this.#offered.length);
    } else if (event.key === "Enter" && !this.list.hidden && this.#active >= 0) {
      event.preventDefault();
      this.#choose(this.#offered[this.#active]);
    } else if (event.key === "Escape" && !this.list.hidden) {
      event.preventDefault(); // it closes the list, not the dialog around it
      event.stopPropagation();
      this.#open(false);
    } else if (event.key === "Backspace" && this.many && !this.field.value && this.chosen.length) {
      this.#drop(this.chosen[this.chosen.length - 1]);
    }
  }

  /** @param {number} index */
  #activate(index) {
    this.#active = index;
    [...this.list.children].forEach((each, at) => each.setAttribute("aria-selected", String(at === index)));
    if (index < 0) this.field.removeAttribute("aria-activedescendant");
    else {
      this.field.setAttribute("aria-activedescendant", `${this.#id}-${index}`);
      this.list.children[index].scrollIntoView({ block: "nearest" });
    }
  }

  /** @param {boolean} isOpen */
  #open(isOpen) {
    this.list.hidden = !isOpen;
    this.field.setAttribute("aria-expanded", String(isOpen));
  }

  /** @param {Choice} choice @param {{quietly?: boolean}} [how] */
  #choose(choice, { quietly = false } = {}) {
    this.chosen = this.many ? [...this.chosen, choice] : [choice];
    this.field.value = this.many ? "" : choice.title;
    this.#offered = [];
    this.#open(false);
    this.#showChips();
    if (!quietly) this.changed();
  }

  /** @param {Choice} choice */
  #drop(choice) {
    this.chosen = this.chosen.filter((each) => each !== choice);
    this.#showChips();
    this.field.focus();
    this.changed();
  }

  #showChips() {
    this.chips.hidden = !this.many || !this.chosen.length;
    if (this.many) this.chips.replaceChildren(...this.chosen.map((each) => this.#chip(each)));
  }

  /** @param {Choice} choice */
  #chip(choice) {
    const drop = () => this.#drop(choice);
    return h("li", {}, choice.title, h("button", { type: "button", "aria-label": `Remove ${choice.title}`, onclick: drop }, "×"));
  }
}
