// @ts-check
import { byId, h } from "./dom.js";
import { showDialog } from "./dialog-view.js";
import { DraftView } from "./draft-view.js";
import { ExtensionView } from "./extension-view.js";
/** @import { Control } from "./control.js" */
/** @import { Session } from "./session.js" */
/** @import { Composed, Message } from "./types.js" */

const SUGGESTIONS = ["request sales data", "approvals", "my requests", "help"];
const LARGEST_FILE = 10 * 1024 * 1024;
const LINK = /https?:\/\/[^\s<>"]+/;

/** Where one writes: Enter sends, Shift+Enter begins a new line. What went wrong stands below. */
export class Composer {
  #form = /** @type {HTMLFormElement} */ (byId("composer"));
  #field = /** @type {HTMLTextAreaElement} */ (byId("text"));
  #file = /** @type {HTMLInputElement} */ (byId("file"));
  #trouble = byId("composer-trouble");
  #draft = new DraftView(() => void this.#discard(), (action) => void this.#answerPreview(action));
  /** @type {string | null} */
  #thread = null;
  #unfolded = "";
  #suggested = "";

  /**
   * @param {Control} control
   * @param {Session} session
   */
  constructor(control, session) {
    this.control = control;
    this.session = session;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      void this.#send();
    });
    this.#field.addEventListener("input", () => {
      this.#fit();
      void this.#unfold();
    });
    byId("attach").addEventListener("click", () => this.#file.click());
    this.#file.addEventListener("change", () => void this.#attach());
    byId("thread-leave").addEventListener("click", () => this.#answer(null));
    document.addEventListener("reply", (event) => this.#answer(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("composed", (event) => this.#take(/** @type {CustomEvent} */ (event).detail));
    this.#field.addEventListener("paste", (event) => void this.#paste(event));
    document.addEventListener("teams", () => void this.#offer());
    new ExtensionView(control, session, (composed) => this.#take(composed));
    session.addEventListener("changed", () => this.#open());
    this.#open();
  }

  /**
   * Offer what the bot's last message suggests, else what can always be said.
   *
   * @param {Message[]} messages of the open chat, oldest first
   */
  suggest(messages) {
    const offered = messages.filter((each) => !each.deleted).at(-1)?.suggestions ?? [];
    const written = JSON.stringify(offered);
    if (written === this.#suggested) return;
    this.#suggested = written;
    const chips = offered.length ? offered : SUGGESTIONS.map((text) => ({ title: text, value: text }));
    byId("suggestions").replaceChildren(...chips.map(({ title, value }) => this.#suggestion(title, value)));
  }

  #open() {
    this.#trouble.textContent = "";
    this.#draft.clear();
    this.#answer(null);
    this.#suggested = "unknown";
    this.suggest([]);
    void this.#offer();
    const isPersonal = this.session.chat === "personal";
    this.#field.placeholder = isPersonal ? "Type a message" : "Type a message to @Doorman";
  }

  /** Show the tools that the app has use for, by its manifest. */
  async #offer() {
    const app = await this.control.get("manifest").catch(() => null);
    const isPersonal = this.session.chat === "personal"; // files reach bots in 1:1 chats only
    byId("attach").hidden = !isPersonal || !app?.supports_files;
    byId("extension-open").hidden = !(app?.commands.length || app?.actions.length || app?.has_settings);
  }

  /** @param {string} title @param {string} value */
  #suggestion(title, value) {
    return h("li", {}, h("button", { type: "button", class: "chip", onclick: () => this.#say(value) }, title));
  }

  /** @param {{thread: string, name: string} | null} to */
  #answer(to) {
    this.#thread = to?.thread ?? null;
    byId("thread").hidden = !to;
    byId("thread-of").textContent = to ? `Replying to ${to.name}` : "";
    if (to) this.#field.focus();
  }

  async #send() {
    const text = this.#field.value.trim();
    if (!text && !this.#draft.isThere) return;
    this.#field.value = "";
    this.#fit();
    if (!(await this.#say(text)) && !this.#field.value) this.#field.value = text;
    this.#fit();
  }

  /**
   * True when the message was written, whatever the bot made of it.
   *
   * @param {string} text
   */
  #say(text) {
    const draft = this.#draft.isThere;
    this.#draft.clear();
    this.#unfolded = "";
    return this.#tell("say", { text, draft, ...(this.#thread ? { thread: this.#thread } : {}) });
  }

  async #attach() {
    const file = this.#file.files?.[0];
    this.#file.value = "";
    if (!file) return;
    if (file.size > LARGEST_FILE) {
      this.#trouble.textContent = "The sandbox takes files of up to 10 MB.";
      return;
    }
    const text = this.#field.value.trim();
    if (await this.#tell("upload", { name: file.name, content: await base64(file), text })) this.#field.value = "";
    this.#fit();
  }

  /**
   * @param {"say" | "upload"} path
   * @param {object} what
   */
  async #tell(path, what) {
    this.#trouble.textContent = "";
    const { me, chat } = this.session;
    try {
      const outcome = await this.control.post(path, { person: me.id, chat, ...what });
      if (outcome.status === 504) this.#trouble.textContent = "Doorman took longer than 10 seconds to take the message.";
      else if (outcome.status >= 400) this.#trouble.textContent = `Doorman did not take the message (HTTP ${outcome.status}).`;
      return true;
    } catch (error) {
      this.#trouble.textContent = /** @type {Error} */ (error).message;
      return false;
    }
  }

  /** A link that was pasted becomes a card, when it is one of the app's. */
  async #unfold() {
    const url = LINK.exec(this.#field.value)?.[0] ?? "";
    if (url === this.#unfolded) return;
    this.#unfolded = url;
    if (!url) return;
    const { me, chat } = this.session;
    const composed = await this.control.post("unfurl", { person: me.id, chat, url }).catch(() => null);
    if (composed && this.#unfolded === url) this.#take(composed);
  }

  /** @param {Composed} composed */
  #take(composed) {
    this.#draft.show(composed);
    if (!composed.draft && !composed.preview) this.#trouble.textContent = composed.text ?? "";
    this.#field.focus();
  }

  /** @param {"edit" | "send"} action */
  async #answerPreview(action) {
    const { me, chat } = this.session;
    this.#draft.clear();
    try {
      const outcome = await this.control.post("extension/preview", { person: me.id, chat, action });
      showDialog(outcome);
      if (outcome.composed) this.#take(outcome.composed);
    } catch (error) {
      this.#trouble.textContent = /** @type {Error} */ (error).message;
    }
  }

  /**
   * A picture that is pasted goes into the message itself, also where files cannot go.
   *
   * @param {ClipboardEvent} event
   */
  async #paste(event) {
    const file = [...(event.clipboardData?.files ?? [])].find((each) => each.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    const picture = { name: file.name || "picture.png", content: await base64(file), picture: file.type };
    if (await this.#tell("upload", { ...picture, text: this.#field.value.trim() })) this.#field.value = "";
  }

  async #discard() {
    const { me, chat } = this.session;
    await this.control.post("discard-draft", { person: me.id, chat }).catch(() => {});
    this.#field.focus();
  }

  /** As high as the text, up to a limit that the style sheet sets. */
  #fit() {
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight + 2}px`;
  }
}

/**
 * @param {File} file
 * @returns {Promise<string>}
 */
function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(String(reader.result).split(",")[1] ?? ""));
    reader.addEventListener("error", () => reject(new Error("The file could not be read.")));
    reader.readAsDataURL(file);
  });
}
