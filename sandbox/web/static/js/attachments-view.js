// @ts-check
import { h, webAddress } from "./dom.js";
/** @import { Json, Message } from "./types.js" */

const DOWNLOAD = "application/vnd.microsoft.teams.file.download.info";
const INFO = "application/vnd.microsoft.teams.card.file.info";
const CONSENT = "application/vnd.microsoft.teams.card.file.consent";
const OLD_CARDS = ["application/vnd.microsoft.card.hero", "application/vnd.microsoft.card.thumbnail"];

/**
 * @typedef {object} Acts what a press does; each rejects with what to tell the person
 * @property {(id: string) => Promise<void>} open a file
 * @property {(action: "accept" | "decline") => Promise<void>} consent to a file
 * @property {(title: string) => Promise<void>} press a button of an older card
 */

/**
 * True when a message has something that this module draws.
 *
 * @param {Message} message
 */
export function hasAttachments(message) {
  return message.attachments.some((each) => [DOWNLOAD, INFO, CONSENT, ...OLD_CARDS].includes(each.contentType) || isPicture(each.contentType));
}

/** @param {string} contentType */
function isPicture(contentType) {
  return contentType.startsWith("image/");
}

/** Files, questions about files, and the older kinds of cards. Drawn again only when they change. */
export class AttachmentsView {
  #drawn = "";

  /** @param {Acts} acts */
  constructor(acts) {
    this.acts = acts;
    this.element = h("div", { class: "attachments" });
  }

  /** @param {Message} message */
  show(message) {
    const written = JSON.stringify(message.attachments);
    if (written === this.#drawn) return;
    this.#drawn = written;
    this.element.replaceChildren(...message.attachments.flatMap((each) => this.#one(each) ?? []));
    this.element.hidden = !this.element.childElementCount;
  }

  /** @param {Json} attachment */
  #one({ contentType, name, content }) {
    if (contentType === DOWNLOAD || contentType === INFO) return this.#file(String(name), String(content?.uniqueId));
    if (contentType === CONSENT) return this.#consent(String(name), content ?? {});
    if (isPicture(contentType)) return h("p", { class: "file picture" }, h("span", {}, String(name ?? "Picture")));
    return OLD_CARDS.includes(contentType) && content ? this.#oldCard(content) : null;
  }

  /** @param {string} name @param {string} id */
  #file(name, id) {
    const open = () => void this.acts.open(id).catch(() => {});
    return h("button", { class: "file", type: "button", onclick: open, title: `Download ${name}` }, h("span", {}, name));
  }

  /** @param {string} name @param {Json} content */
  #consent(name, content) {
    const answer = (/** @type {"accept" | "decline"} */ action) => () => void this.acts.consent(action).catch(() => {});
    return h(
      "div",
      { class: "consent" },
      h("p", { class: "file" }, h("span", {}, name), h("small", {}, sizeOf(content.sizeInBytes))),
      content.description ? h("p", {}, String(content.description)) : null,
      h("p", { class: "hint" }, "Doorman wants to put this file into your OneDrive."),
      h(
        "div",
        { class: "row" },
        h("button", { class: "button primary", type: "button", onclick: answer("accept") }, "Allow"),
        h("button", { class: "button", type: "button", onclick: answer("decline") }, "Decline"),
      ),
    );
  }

  /** @param {Json} content */
  #oldCard({ title, subtitle, text, buttons }) {
    const listed = Array.isArray(buttons) ? buttons : [];
    return h(
      "div",
      { class: "consent" },
      title ? h("strong", {}, String(title)) : null,
      subtitle ? h("p", { class: "hint" }, String(subtitle)) : null,
      text ? h("p", {}, String(text)) : null,
      h("div", { class: "row" }, ...listed.map((each) => this.#oldButton(each))),
    );
  }

  /** @param {Json} button */
  #oldButton(button) {
    const title = String(button.title ?? "");
    const address = button.type === "openUrl" ? webAddress(button.value) : null;
    if (address) return h("a", { class: "button", href: address, target: "_blank", rel: "noopener noreferrer" }, title);
    return h("button", { class: "button", type: "button", onclick: () => void this.acts.press(title).catch(() => {}) }, title);
  }
}

/** @param {unknown} bytes */
export function sizeOf(bytes) {
  const size = Number(bytes);
  if (!Number.isFinite(size)) return "";
  if (size < 1024) return `${size} bytes`;
  return size < 1024 ** 2 ? `${Math.round(size / 1024)} KB` : `${(size / 1024 ** 2).toFixed(1)} MB`;
}
