// @ts-check
import { CardView } from "./card-view.js";
import { byId, h, webAddress } from "./dom.js";
/** @import { Control } from "./control.js" */
/** @import { Session } from "./session.js" */
/** @import { Dialog, Json } from "./types.js" */

/** Named sizes are shares of the window, as Teams has them; the style sheet keeps them readable. */
const WIDTHS = { small: "20vw", medium: "50vw", large: "60vw" };
const HEIGHTS = { small: "20vh", medium: "50vh", large: "66vh" };

/**
 * Tell the page what a press led to, as far as that is a dialog.
 *
 * @param {Json} outcome of the control plane
 */
export function showDialog(outcome) {
  if (outcome.dialog || outcome.told) document.dispatchEvent(new CustomEvent("dialog", { detail: outcome }));
}

/** The one dialog that a person has open: a card of the bot, a page in a window of its own, or a text. */
export class DialogView {
  #element = /** @type {HTMLDialogElement} */ (byId("dialog"));
  #title = byId("dialog-title");
  #content = byId("dialog-content");
  #trouble = byId("dialog-trouble");
  #warnings = byId("dialog-warnings");
  /** @type {CardView | null} */
  #card = null;
  #person = "";
  #isOpen = false; // as the sandbox has it: a text that is shown last is no dialog any more

  /**
   * @param {Control} control
   * @param {Session} session
   */
  constructor(control, session) {
    this.control = control;
    this.session = session;
    document.addEventListener("dialog", (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
    byId("dialog-close").addEventListener("click", () => this.#element.close());
    this.#element.addEventListener("close", () => void this.#closed());
    session.addEventListener("changed", () => this.#element.close());
  }

  /** @param {{dialog: Dialog | null, told: string | null, status: number | null, composed?: object | null}} outcome */
  #take({ dialog, told, composed }) {
    this.#isOpen = dialog !== null;
    this.#person = this.session.me.id;
    this.#trouble.textContent = dialog ? (told ?? "") : "";
    if (dialog) this.#show(dialog);
    else if (told) this.#say(told);
    else this.#element.close();
    if (composed) document.dispatchEvent(new CustomEvent("composed", { detail: composed }));
  }

  /** @param {Dialog} dialog */
  #show({ title, card, url, width, height, warnings }) {
    this.#warnings.replaceChildren(...warnings.map((each) => h("li", {}, `Teams may not show this: ${each}`)));
    this.#title.textContent = title || "Doorman";
    this.#element.style.setProperty("--width", sizeIn(WIDTHS, width));
    this.#element.style.setProperty("--height", sizeIn(HEIGHTS, height));
    const { id: person } = this.session.me;
    if (card && !this.#card) {
      const search = (/** @type {string} */ input, /** @type {string} */ text, /** @type {object} */ inputs) =>
        this.control.post("search", { person, input, text, inputs, dialog: true });
      this.#card = new CardView((press) => this.#press(press), search);
      this.#content.replaceChildren(this.#card.element);
    }
    if (card) this.#card?.show(card);
    else this.#showPage(url);
    this.#open();
  }

  /** @param {string | null} url */
  #showPage(url) {
    this.#card = null;
    const address = webAddress(url);
    this.#content.replaceChildren(
      h("p", {}, "This dialog shows a page of its own."),
      address ? h("a", { class: "button", href: address, target: "_blank", rel: "noopener noreferrer" }, "Open it") : "",
    );
  }

  /** @param {string} text */
  #say(text) {
    this.#card = null;
    this.#warnings.replaceChildren();
    this.#title.textContent = "Doorman";
    this.#element.style.setProperty("--width", WIDTHS.medium);
    this.#element.style.setProperty("--height", "auto");
    this.#content.replaceChildren(h("p", { dir: "auto" }, text));
    this.#open();
  }

  #open() {
    if (!this.#element.open) this.#element.showModal();
  }

  /** @param {import("./card-view.js").Press} press */
  async #press({ button, verb, data, inputs }) {
    this.#trouble.textContent = "";
    try {
      this.#take(await this.control.post("dialog", { person: this.session.me.id, button: button ?? verb, data, inputs }));
    } catch (error) {
      this.#trouble.textContent = /** @type {Error} */ (error).message;
    }
  }

  async #closed() {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#card = null;
    this.#content.replaceChildren();
    if (wasOpen) await this.control.post("dialog", { person: this.#person, close: true }).catch(() => {});
  }
}

/**
 * @param {Record<string, string>} named
 * @param {string | number} size a name, or pixels
 */
function sizeIn(named, size) {
  return typeof size === "number" ? `${size}px` : (named[size] ?? named.medium);
}
