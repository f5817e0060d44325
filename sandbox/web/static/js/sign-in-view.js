// @ts-check
import { h, webAddress } from "./dom.js";
/** @import { Message } from "./types.js" */

const OAUTH_CARD = "application/vnd.microsoft.card.oauth";

/**
 * A sign-in that waits for the person: where its button leads and what stands above it.
 *
 * @param {Message} message
 * @returns {{url: string, text: string, title: string} | null}
 */
export function waitingSignIn(message) {
  if (message.login) {
    return { url: message.login.url, text: "Sign in to go on with what you pressed.", title: "Sign in" };
  }
  if (message.sign_in !== "button") return null;
  const card = message.attachments.find((each) => each.contentType === OAUTH_CARD)?.content;
  const button = card?.buttons?.[0];
  return button ? { url: String(button.value), text: String(card.text ?? ""), title: String(button.title ?? "Sign in") } : null;
}

/** The sign-in button, and the field for the code that the page behind it shows. */
export class SignInView {
  #url = "";

  /** @param {(code: string) => Promise<void>} enter rejects with what to tell the person */
  constructor(enter) {
    this.enter = enter;
    this.element = h("div", { class: "sign-in" });
  }

  /** @param {ReturnType<typeof waitingSignIn>} signIn */
  show(signIn) {
    this.element.hidden = !signIn;
    if (!signIn || signIn.url === this.#url) return;
    this.#url = signIn.url;
    const address = webAddress(signIn.url);
    this.element.replaceChildren(
      h("p", {}, signIn.text),
      address
        ? h("a", { class: "button primary", href: address, target: "_blank", rel: "noopener" }, signIn.title)
        : h("p", { class: "trouble" }, "The sign-in button leads nowhere."),
      this.#codeForm(),
    );
  }

  #codeForm() {
    const field = h("input", { type: "text", autocomplete: "one-time-code", spellcheck: "false", required: true, size: "12" });
    const trouble = h("p", { class: "trouble", role: "alert" });
    const submit = async (/** @type {Event} */ event) => {
      event.preventDefault();
      trouble.textContent = "";
      try {
        await this.enter(field.value.trim());
        field.value = "";
      } catch (error) {
        trouble.textContent = /** @type {Error} */ (error).message;
      }
    };
    return h(
      "form",
      { class: "code", onsubmit: submit },
      h("label", {}, "Code from the sign-in page ", field),
      h("button", { class: "button" }, "Continue"),
      trouble,
    );
  }
}
