// @ts-check
import { byId, h } from "./dom.js";
/** @import { Control } from "./control.js" */
/** @import { Session } from "./session.js" */

const SUGGESTIONS = ["request sales data", "approvals", "my requests", "help"];

/** Where one writes: Enter sends, Shift+Enter begins a new line. What went wrong stands below. */
export class Composer {
  #form = /** @type {HTMLFormElement} */ (byId("composer"));
  #field = /** @type {HTMLTextAreaElement} */ (byId("text"));
  #trouble = byId("composer-trouble");

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
    this.#field.addEventListener("input", () => this.#fit());
    byId("suggestions").append(...SUGGESTIONS.map((text) => this.#suggestion(text)));
    session.addEventListener("changed", () => this.#open());
    this.#open();
  }

  #open() {
    this.#trouble.textContent = "";
    const isPersonal = this.session.chat === "personal";
    this.#field.placeholder = isPersonal ? "Type a message" : "Type a message to @Doorman";
  }

  /** @param {string} text */
  #suggestion(text) {
    return h("li", {}, h("button", { type: "button", class: "chip", onclick: () => this.#say(text) }, text));
  }

  async #send() {
    const text = this.#field.value.trim();
    if (!text) return;
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
  async #say(text) {
    this.#trouble.textContent = "";
    const { me, chat } = this.session;
    try {
      const outcome = await this.control.post("say", { person: me.id, text, chat });
      if (outcome.status === 504) this.#trouble.textContent = "Doorman took longer than 10 seconds to take the message.";
      else if (outcome.status >= 400) this.#trouble.textContent = `Doorman did not take the message (HTTP ${outcome.status}).`;
      return true;
    } catch (error) {
      this.#trouble.textContent = /** @type {Error} */ (error).message;
      return false;
    }
  }

  /** As high as the text, up to a limit that the style sheet sets. */
  #fit() {
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight + 2}px`;
  }
}
