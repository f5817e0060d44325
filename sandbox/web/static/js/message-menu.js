// @ts-check
import { h } from "./dom.js";
/** @import { Message } from "./types.js" */

export const REACTIONS = /** @type {const} */ ({ like: "👍", heart: "❤️", laugh: "😆", surprised: "😮", sad: "😢", angry: "😠" });

/**
 * @typedef {object} MenuActs
 * @property {(reaction: string) => void} react
 * @property {() => void} refresh
 * @property {() => void} edit
 * @property {() => void} remove
 * @property {() => void} source show what was sent
 * @property {() => Promise<{id: string, title: string}[]>} commands the app's commands for messages
 * @property {(command: string) => void} run
 */

/** What can be done to a message, behind one button: react, edit, delete, commands of the app, the card as it was sent. */
export class MessageMenu {
  #list = h("div", { class: "menu-list", role: "group", "aria-label": "Message actions" });

  /**
   * @param {MenuActs} acts
   * @param {boolean} isOwn
   */
  constructor(acts, isOwn) {
    this.acts = acts;
    this.isOwn = isOwn;
    this.element = h(
      "details",
      { class: "menu", ontoggle: () => this.element.open && void this.#open() },
      h("summary", { class: "quiet", role: "button", "aria-label": "More", title: "React, edit, look inside…" }, "⋯"),
      this.#list,
    );
    // A press elsewhere closes it; not at once, because a press on an entry takes the focus away before it counts.
    this.element.addEventListener("focusout", () => {
      setTimeout(() => this.element.contains(document.activeElement) || this.close(), 150);
    });
    this.element.addEventListener("keydown", (event) => event.key === "Escape" && this.close());
  }

  /** @type {Message | null} */
  message = null;

  close() {
    this.element.open = false;
  }

  async #open() {
    const message = this.message;
    if (!message) return;
    const hasCard = message.attachments.length > 0 || message.entities.length > 0;
    this.#list.replaceChildren(
      ...(message.only_you ? [] : [h("div", { class: "row reactions" }, ...this.#reactions(message))]),
      ...this.#entry("Refresh card", this.acts.refresh, Boolean(message.shown?.refresh)),
      ...this.#entry("Edit", this.acts.edit, this.isOwn),
      ...this.#entry("Delete", this.acts.remove, this.isOwn),
      ...this.#entry("Show as it was sent", this.acts.source, hasCard || Boolean(message.shown)),
    );
    const commands = await this.acts.commands().catch(() => []);
    this.#list.scrollIntoView({ block: "nearest" });
    for (const { id, title } of commands) this.#list.append(...this.#entry(title, () => this.acts.run(id), true));
  }

  /** @param {Message} message */
  #reactions(message) {
    return Object.entries(REACTIONS).map(([kind, face]) => {
      const isMine = message.reactions.some((each) => each.type === kind && each.mine);
      const react = () => this.#do(() => this.acts.react(kind));
      return h("button", { class: "face", type: "button", "aria-label": kind, title: kind, "aria-pressed": String(isMine), onclick: react }, face);
    });
  }

  /** @param {string} title @param {() => void} act @param {boolean} isOffered */
  #entry(title, act, isOffered) {
    return isOffered ? [h("button", { class: "entry", type: "button", onclick: () => this.#do(act) }, title)] : [];
  }

  /** @param {() => void} act */
  #do(act) {
    this.close();
    act();
  }
}

/**
 * Show the message as the bot sent it, and what the sandbox has against it.
 *
 * @param {Message} message
 */
export function showSource(message) {
  const own = message.shown && message.card && JSON.stringify(message.shown) !== JSON.stringify(message.card);
  const parts = [
    ...message.warnings.map((each) => h("p", { class: "trouble" }, each)),
    ...(own ? [h("h3", {}, "As this person sees the card"), block(message.shown)] : []),
    h("h3", {}, "Attachments, as they were sent"),
    block(message.attachments),
    ...(message.entities.length ? [h("h3", {}, "Entities"), block(message.entities)] : []),
  ];
  const close = h("button", { class: "quiet", type: "button", "aria-label": "Close" }, "×");
  const dialog = h(
    "dialog",
    { class: "dialog source", "aria-label": "As it was sent" },
    h("header", {}, h("h2", {}, "As it was sent"), close),
    ...parts,
  );
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** @param {unknown} value */
function block(value) {
  return h("pre", { tabindex: "0" }, JSON.stringify(value, null, 2));
}
