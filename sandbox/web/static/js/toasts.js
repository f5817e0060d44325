// @ts-check
import { byId, h } from "./dom.js";

const LASTS_MS = 7_000;
const MOST = 3;

/**
 * Show a notification as Teams does, for a while. Pressing it goes to the chat.
 *
 * @param {string} title
 * @param {string} text
 * @param {() => void} open
 */
export function toast(title, text, open) {
  const place = byId("toasts");
  const close = () => element.remove();
  const go = () => {
    close();
    open();
  };
  const element = h(
    "div",
    { class: "toast" },
    h("button", { class: "open", type: "button", onclick: go }, h("strong", {}, title), h("span", { dir: "auto" }, text)),
    h("button", { class: "close", type: "button", "aria-label": "Dismiss", onclick: close }, "×"),
  );
  place.append(element);
  while (place.childElementCount > MOST) place.firstElementChild?.remove();
  let timer = setTimeout(close, LASTS_MS);
  element.addEventListener("pointerenter", () => clearTimeout(timer));
  element.addEventListener("pointerleave", () => (timer = setTimeout(close, LASTS_MS)));
}
