// @ts-check
import { showDialog } from "./dialog-view.js";
import { byId, h } from "./dom.js";
/** @import { Control } from "./control.js" */
/** @import { Session } from "./session.js" */
/** @import { Composed } from "./types.js" */

const AFTER_TYPING_MS = 300;

/** The message extension: a field, and results of which one goes into the compose box. */
export class ExtensionView {
  #element = /** @type {HTMLDialogElement} */ (byId("extension"));
  #field = /** @type {HTMLInputElement} */ (byId("extension-text"));
  #command = /** @type {HTMLSelectElement} */ (byId("extension-command"));
  #results = byId("extension-results");
  #status = byId("extension-status");
  #asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Control} control
   * @param {Session} session
   * @param {(composed: Composed) => void} chosen
   */
  constructor(control, session, chosen) {
    this.control = control;
    this.session = session;
    this.chosen = chosen;
    byId("extension-open").addEventListener("click", () => void this.#open());
    byId("extension-close").addEventListener("click", () => this.#element.close());
    this.#command.addEventListener("change", () => void this.#ask(null));
    this.#field.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.#ask(this.#field.value.trim() || null), AFTER_TYPING_MS);
    });
    session.addEventListener("changed", () => this.#element.close());
  }

  async #open() {
    this.#field.value = "";
    this.#results.replaceChildren();
    this.#element.showModal();
    this.#field.focus();
    const { commands, actions, has_settings: hasSettings } = await this.control.get("manifest");
    this.#offerActions(actions, hasSettings);
    this.#command.replaceChildren(...commands.map((/** @type {any} */ each) => h("option", { value: each.id }, each.title)));
    this.#command.parentElement?.toggleAttribute("hidden", commands.length < 2);
    this.#field.parentElement?.toggleAttribute("hidden", commands.length === 0);
    if (commands.length) await this.#ask(null);
    else this.#status.textContent = "The app has no search command.";
  }

  /**
   * @param {{id: string, title: string, contexts: string[]}[]} actions
   * @param {boolean} hasSettings
   */
  #offerActions(actions, hasSettings) {
    const usable = actions.filter((each) => each.contexts.includes("compose") || each.contexts.includes("commandbox"));
    byId("extension-actions").replaceChildren(
      ...usable.map((each) => h("button", { class: "button", type: "button", onclick: () => void this.#run(each) }, each.title)),
      ...(hasSettings ? [h("button", { class: "button", type: "button", onclick: () => void this.#settings() }, "Settings")] : []),
    );
  }

  /** @param {{id: string, contexts: string[]}} command */
  async #run({ id, contexts }) {
    const context = contexts.includes("compose") ? "compose" : "commandbox";
    try {
      const outcome = await this.control.post("extension/command", { ...this.#who, command: id, context });
      this.#element.close();
      showDialog(outcome);
      if (outcome.composed) this.chosen(outcome.composed);
    } catch (error) {
      this.#status.textContent = /** @type {Error} */ (error).message;
    }
  }

  async #settings() {
    const composed = await this.#answer(this.control.post("extension/settings", this.#who));
    if (composed) this.#show(composed);
  }

  /** @param {string | null} text null when it was just opened */
  async #ask(text) {
    const number = (this.#asked += 1);
    this.#status.textContent = "Searching…";
    const asked = { ...this.#who, text, command: this.#command.value };
    const composed = await this.#answer(this.control.post("extension/query", asked));
    if (number === this.#asked && composed) this.#show(composed);
  }

  /** @param {Composed} composed */
  #show({ results, text, url, warnings, layout, kind }) {
    const empty = kind === "result" && !results.length ? "No results" : "";
    this.#status.replaceChildren([text ?? empty, ...warnings].filter(Boolean).join(" · "));
    if (url) this.#status.append(" ", h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, "Open the page"));
    this.#results.classList.toggle("grid", layout === "grid");
    this.#results.replaceChildren(
      ...results.map((each, index) =>
        h(
          "li",
          {},
          h(
            "button",
            { type: "button", onclick: () => void this.#pick(index) },
            h("strong", { dir: "auto" }, each.title || "Without a title"),
            h("span", { dir: "auto" }, each.text),
          ),
        ),
      ),
    );
  }

  /** @param {number} index */
  async #pick(index) {
    const composed = await this.#answer(this.control.post("extension/pick", { ...this.#who, result: index }));
    if (!composed) return;
    if (!composed.draft) {
      this.#status.textContent = composed.text ?? "The app gave no card.";
      return;
    }
    this.#element.close();
    this.chosen(composed);
  }

  /**
   * @param {Promise<Composed>} asked
   * @returns {Promise<Composed | null>}
   */
  async #answer(asked) {
    try {
      return await asked;
    } catch (error) {
      this.#status.textContent = /** @type {Error} */ (error).message;
      return null;
    }
  }

  get #who() {
    return { person: this.session.me.id, chat: this.session.chat };
  }
}
