// @ts-check
import { h } from "./dom.js";
import { REACTIONS } from "./message-menu.js";
/** @import { Message } from "./types.js" */

/**
 * @typedef {object} ExtraActs each rejects with what to tell the person
 * @property {(reaction: string, remove: boolean) => Promise<void>} react
 * @property {(thumb: "like" | "dislike", text: string) => Promise<void>} feedback
 * @property {(text: string) => Promise<void>} edit
 * @property {() => Promise<void>} undelete
 */

/** Below a message: reactions, thumbs with their form, the field to edit it, the way back from deletion. */
export class MessageExtras {
  #drawn = "";
  #below = h("div", { class: "extras" });
  #form = h("div", {});

  /**
   * @param {ExtraActs} acts
   * @param {boolean} isOwn
   */
  constructor(acts, isOwn) {
    this.acts = acts;
    this.isOwn = isOwn;
    this.element = h("div", {}, this.#form, this.#below);
  }

  /** @param {Message} message */
  show(message) {
    const written = JSON.stringify([message.reactions, message.feedback, message.given_feedback, message.deleted]);
    if (written === this.#drawn) return;
    this.#drawn = written;
    const undo = () => void this.acts.undelete().catch(() => {});
    this.#below.replaceChildren(
      ...message.reactions.map((each) => this.#reaction(each)),
      ...(message.feedback ? this.#thumbs(message) : []),
      ...(message.deleted && this.isOwn ? [h("button", { class: "quiet plain", type: "button", onclick: undo }, "Undo")] : []),
    );
  }

  /** @param {Message} message */
  edit(message) {
    const field = h("textarea", { rows: "2", "aria-label": "Edit your message" });
    field.value = message.text;
    const save = async () => {
      if (!field.value.trim()) return;
      await this.acts.edit(field.value.trim());
      this.#form.replaceChildren();
    };
    this.#ask(field, "Save", () => void save().catch(() => {}));
    field.focus();
  }

  /** @param {{type: string, people: string[], mine: boolean}} reaction */
  #reaction({ type, people, mine }) {
    const face = REACTIONS[/** @type {keyof typeof REACTIONS} */ (type)] ?? type;
    const toggle = () => void this.acts.react(type, mine).catch(() => {});
    const label = `${type}: ${people.join(", ")}`;
    return h("button", { class: "chip", type: "button", "aria-pressed": String(mine), "aria-label": label, title: label, onclick: toggle }, `${face} ${people.length}`);
  }

  /** @param {Message} message */
  #thumbs(message) {
    const thumb = (/** @type {"like" | "dislike"} */ kind, /** @type {string} */ face, /** @type {string} */ title) =>
      h("button", { class: "chip", type: "button", title, "aria-label": title, "aria-pressed": String(message.given_feedback === kind), onclick: () => this.#give(message, kind) }, face);
    return [h("span", { class: "hint" }, "Was this helpful?"), thumb("like", "👍", "Good answer"), thumb("dislike", "👎", "Bad answer")];
  }

  /** @param {Message} message @param {"like" | "dislike"} kind */
  #give(message, kind) {
    if (message.feedback === "custom") {
      void this.acts.feedback(kind, "").catch(() => {});
      return;
    }
    const field = h("textarea", { rows: "2", "aria-label": "What did you like or dislike?", placeholder: "What did you like or dislike?" });
    const send = async () => {
      await this.acts.feedback(kind, field.value.trim());
      this.#form.replaceChildren();
    };
    this.#ask(field, "Submit", () => void send().catch(() => {}));
    field.focus();
  }

  /** @param {HTMLElement} field @param {string} title @param {() => void} done */
  #ask(field, title, done) {
    const cancel = () => this.#form.replaceChildren();
    this.#form.replaceChildren(
      h(
        "div",
        { class: "asking" },
        field,
        h("div", { class: "row" },
          h("button", { class: "button primary", type: "button", onclick: done }, title),
          h("button", { class: "button", type: "button", onclick: cancel }, "Cancel"),
        ),
      ),
    );
  }
}
