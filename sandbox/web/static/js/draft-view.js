// @ts-check
import { CardView } from "./card-view.js";
import { byId, h } from "./dom.js";
/** @import { Composed, Json } from "./types.js" */

const ADAPTIVE_CARD = "application/vnd.microsoft.card.adaptive";

/** The card that stands in the compose box, as it will be sent. Its buttons do nothing yet. */
export class DraftView {
  #element = byId("draft");

  /** @param {() => void} discard */
  constructor(discard) {
    this.discard = discard;
  }

  get isThere() {
    return !this.#element.hidden;
  }

  /** @param {Composed} composed */
  show({ draft, warnings }) {
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
