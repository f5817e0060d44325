// @ts-check
import { CardView } from "./card-view.js";
import { byId, h } from "./dom.js";
/** @import { Composed, Json } from "./types.js" */

const ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive";

/** The card that stands in the compose box, as it will be sent. Its buttons do nothing yet. */
export class DraftView {
  #element = byId("draft");

  /**
   * @param {() => void} discard
   * @param {(action: "edit" | "send") => void} answer what the person decides about a message of the bot
   */
  constructor(discard, answer) {
    this.discard = discard;
    this.answer = answer;
  }

  /** True when a card of the person's own stands here. */
  get isThere() {
    return !this.#element.hidden && !this.#isOfBot;
  }

  #isOfBot = false;

  /** @param {Composed} composed */
  show({ draft, warnings, preview: message }) {
    this.#isOfBot = Boolean(message);
    if (message) {
      this.#showMessage(message);
      return;
    }
    if (!draft) return;
    const discard = () => {
      this.clear();
      this.discard();
    };
    this.#element.replaceChildren(
      preview(draft),
      h("button", { class: "quiet", type: "button", "aria-label": "Remove the card", onclick: discard }, "×"),
      ...warnings.map((each) => h("p", { class: "hint" }, each)),
    );
    this.#element.hidden = false;
  }

  /** @param {Json} message */
  #showMessage(message) {
    const choose = (/** @type {"edit" | "send"} */ action) => () => this.answer(action);
    const cards = Array.isArray(message.attachments) ? message.attachments : [];
    this.#element.replaceChildren(
      h("p", { class: "hint" }, "Doorman will send this in its own name:"),
      ...(message.text ? [h("p", {}, String(message.text))] : []),
      ...cards.map((/** @type {Json} */ each) => preview(each)),
      h(
        "div",
        { class: "row" },
        h("button", { class: "button primary", type: "button", onclick: choose("send") }, "Send as Doorman"),
        h("button", { class: "button", type: "button", onclick: choose("edit") }, "Edit"),
      ),
    );
    this.#element.hidden = false;
  }

  clear() {
    this.#element.replaceChildren();
    this.#element.hidden = true;
  }
}

/** @param {Json} attachment */
function preview({ contentType, content }) {
  if (contentType !== ADAPTIVE_CARD) return h("p", {}, String(content.title ?? "A card"));
  const view = new CardView(async () => {});
  view.element.inert = true;
  view.show(content);
  return view.element;
}
