// @ts-check
import { AttachmentsView, hasAttachments } from "./attachments-view.js";
import { avatar, botAvatar } from "./avatar.js";
import { CardView } from "./card-view.js";
import { showDialog } from "./dialog-view.js";
import { h } from "./dom.js";
import { markdownToNodes } from "./markdown.js";
import { MessageExtras } from "./message-extras.js";
import { MessageMenu, showSource } from "./message-menu.js";
import { SignInView, waitingSignIn } from "./sign-in-view.js";
import { dayAndTime, timeOfDay } from "./times.js";
/** @import { Control } from "./control.js" */
/** @import { Message, Person } from "./types.js" */
/** @import { Press } from "./card-view.js" */

/** One message in the list. Parts are drawn again only when what they show has changed. */
export class MessageView {
  /** @type {Message | null} */
  message = null;
  #day = h("h3", { class: "day", hidden: true });
  #author = h("span", { class: "author" });
  #time = h("time");
  #edited = h("span", { class: "edited", hidden: true }, "Edited");
  #onlyYou = h("span", { class: "edited", hidden: true }, "Only you can see this");
  #text = h("div", { class: "text", dir: "auto" });
  #content = h("div", { class: "content" });
  #notes = h("ul", { class: "notes" });
  #trouble = h("p", { class: "trouble", role: "alert" });
  #menu;
  #extras;
  /** @type {CardView | null} */
  #card = null;
  /** @type {SignInView | null} */
  #signIn = null;
  /** @type {AttachmentsView | null} */
  #attachments = null;
  #drawnText = "";
  #drawnNotes = "";

  /**
   * @param {Control} control
   * @param {Person} reader
   * @param {Message} message
   * @param {number} device which of the reader's devices this window is
   */
  constructor(control, reader, message, device) {
    this.control = control;
    this.reader = reader;
    this.device = device;
    const { name, is_bot: isBot } = message.from;
    const isOwn = message.from.id === reader.teams_id;
    this.#menu = new MessageMenu(this.#menuActs(), isOwn);
    this.#extras = new MessageExtras(this.#extraActs(), isOwn);
    this.element = h(
      "li",
      { class: `message ${isOwn ? "own" : "other"}`, "data-message": message.id },
      this.#day,
      h(
        "article",
        { "aria-label": isOwn ? "You" : name },
        isOwn ? null : isBot ? botAvatar() : avatar(name),
        h(
          "div",
          { class: "column" },
          h("header", {}, this.#author, this.#time, this.#edited, this.#onlyYou, this.#menu.element),
          this.#content,
          this.#extras.element,
          this.#notes,
          this.#trouble,
          message.chat === "channel" ? this.#replyButton(message, isOwn ? "you" : name) : null,
        ),
      ),
    );
    this.#author.textContent = isOwn ? "" : name;
    this.#content.append(this.#text);
    this.show(message);
  }

  /** @param {Message} message */
  show(message) {
    this.message = message;
    const moment = new Date(message.at);
    this.#time.dateTime = message.at;
    this.#time.textContent = timeOfDay(moment, this.reader);
    this.#time.title = dayAndTime(moment, this.reader);
    this.#edited.hidden = !message.edited_at;
    this.#onlyYou.hidden = !message.only_you;
    this.#showText(message);
    this.#showCard(message);
    this.#showAttachments(message);
    this.#showSignIn(message);
    this.#showNotes(message);
    this.#menu.message = message;
    this.#menu.element.hidden = message.deleted;
    this.#extras.show(message);
    this.element.hidden = !this.isVisible;
  }

  /** False for a sign-in that Teams did on its own: there is nothing to see. */
  get isVisible() {
    const message = this.message;
    if (!message) return false;
    const parts = [message.deleted, message.text, message.shown, message.notes.length, waitingSignIn(message)];
    return parts.some(Boolean) || hasAttachments(message);
  }

  /**
   * @param {string | null} day what stands above the message; null when the one before is of the same day
   * @param {boolean} follows true right after another message of the same sender
   */
  place(day, follows) {
    this.#day.hidden = day === null;
    this.#day.textContent = day ?? "";
    this.element.classList.toggle("follows", follows);
  }

  /** @param {Message} message */
  #showText(message) {
    const written = message.deleted ? "\0" : `${message.text_format} ${message.text}`;
    if (written === this.#drawnText) return;
    this.#drawnText = written;
    this.#text.hidden = !message.deleted && !message.text;
    this.#text.classList.toggle("deleted", message.deleted);
    const isMarkdown = message.text_format === "markdown" || message.text_format === "extendedMarkdown";
    if (message.deleted) this.#text.textContent = "This message has been deleted.";
    else if (isMarkdown) this.#text.replaceChildren(markdownToNodes(message.text));
    else this.#text.textContent = message.text;
  }

  /** @param {Message} message */
  #showCard(message) {
    const json = message.shown;
    if (!json) {
      this.#card?.element.remove();
      this.#card = null;
      return;
    }
    if (!this.#card) {
      const known = { person: this.reader.id, message: message.id, device: this.device };
      const search = (/** @type {string} */ input, /** @type {string} */ text, /** @type {object} */ inputs) =>
        this.control.post("search", { ...known, input, text, inputs });
      this.#card = new CardView((press) => this.#press(press), search);
      this.#content.append(this.#card.element);
    }
    this.#card.show(json);
  }

  /** @param {Message} message */
  #showAttachments(message) {
    if (!this.#attachments && !hasAttachments(message)) return;
    if (!this.#attachments) {
      this.#attachments = new AttachmentsView({
        open: (id) => this.#openFile(id),
        consent: (action) => this.#consent(action),
        press: (button) => this.#press({ button, data: undefined, inputs: {} }),
      });
      this.#content.append(this.#attachments.element);
    }
    this.#attachments.show(message);
  }

  /** @param {string} id */
  async #openFile(id) {
    await this.#doing(async () => {
      const { url } = await this.control.get("file", { person: this.reader.id, id });
      h("a", { href: url, download: "" }).click();
      return {};
    });
  }

  /** @param {"accept" | "decline"} action */
  async #consent(action) {
    const answer = { person: this.reader.id, message: this.message?.id, action };
    await this.#doing(() => this.control.post("file-consent", answer));
  }

  /** @param {Message} message @param {string} name */
  #replyButton(message, name) {
    const detail = { thread: message.thread ?? message.id, name };
    const reply = () => document.dispatchEvent(new CustomEvent("reply", { detail }));
    return h("button", { class: "quiet reply-to", type: "button", "aria-label": `Reply to ${name}`, onclick: reply }, "Reply");
  }

  /** @param {Message} message */
  #showSignIn(message) {
    const signIn = waitingSignIn(message);
    if (signIn && !this.#signIn) {
      this.#signIn = new SignInView((code) => this.#enterCode(code));
      this.#content.append(this.#signIn.element);
    }
    this.#signIn?.show(signIn);
  }

  /** @param {Message} message */
  #showNotes(message) {
    const lines = [...message.notes.slice(-3), ...message.warnings.map((each) => `Teams may not show this: ${each}`)];
    const written = lines.join("\n");
    if (written === this.#drawnNotes) return;
    this.#drawnNotes = written;
    this.#notes.replaceChildren(...lines.map((line) => h("li", { dir: "auto" }, line)));
  }

  /** @returns {import("./message-menu.js").MenuActs} */
  #menuActs() {
    return {
      react: (reaction) => void this.#react(reaction, this.#isMine(reaction)).catch(() => {}),
      refresh: () => void this.#refreshCard(),
      edit: () => this.message && this.#extras.edit(this.message),
      remove: () => void this.#change("delete", {}).catch(() => {}),
      source: () => this.message && showSource(this.message),
      commands: async () => {
        const { actions } = await this.control.get("manifest");
        return actions.filter((/** @type {{contexts: string[]}} */ each) => each.contexts.includes("message"));
      },
      run: (command) => void this.#change("extension/command", { command, chat: this.message?.chat }).catch(() => {}),
    };
  }

  /** @returns {import("./message-extras.js").ExtraActs} */
  #extraActs() {
    return {
      react: (reaction, remove) => this.#react(reaction, remove),
      feedback: (reaction, text) => this.#change("feedback", { reaction, text }),
      edit: (text) => this.#change("edit", { text }),
      undelete: () => this.#change("undelete", {}),
    };
  }

  /** @param {string} reaction */
  #isMine(reaction) {
    return this.message?.reactions.some((each) => each.type === reaction && each.mine) ?? false;
  }

  /** @param {string} reaction @param {boolean} remove */
  #react(reaction, remove) {
    return this.#change("react", { reaction, remove });
  }

  /**
   * @param {string} path
   * @param {object} what
   */
  async #change(path, what) {
    await this.#doing(() => this.control.post(path, { person: this.reader.id, message: this.message?.id, ...what }));
  }

  /** @param {Press} press */
  async #press(press) {
    await this.#doing(() => this.control.post("press", { person: this.reader.id, message: this.message?.id, device: this.device, ...press }));
  }

  /** @param {string} code */
  async #enterCode(code) {
    const { status } = await this.control.post("enter-code", { person: this.reader.id, code });
    if (status >= 300) throw new Error(`Doorman did not take the code (HTTP ${status}).`);
  }

  async #refreshCard() {
    const asked = { person: this.reader.id, message: this.message?.id, device: this.device, by_hand: true };
    await this.#doing(() => this.control.post("refresh", asked)).catch(() => {});
  }

  /**
   * Show what went wrong under the message.
   *
   * @param {() => Promise<any>} act
   */
  async #doing(act) {
    this.#trouble.textContent = "";
    try {
      const outcome = await act();
      showDialog(outcome);
      if (outcome.composed) document.dispatchEvent(new CustomEvent("composed", { detail: outcome.composed }));
      if (outcome.url) window.open(outcome.url, "_blank", "noopener,noreferrer");
    } catch (error) {
      this.#trouble.textContent = /** @type {Error} */ (error).message;
      throw error;
    }
  }
}
