// @ts-check
import { h } from "./dom.js";

const HUES = 8;

/**
 * A round picture with somebody's initials; always the same colour for the same name.
 *
 * @param {string} name
 */
export function avatar(name) {
  const mixed = [...name].reduce((total, letter) => (total * 31 + (letter.codePointAt(0) ?? 0)) % 65_521, 7);
  return h("span", { class: `avatar hue-${mixed % HUES}`, "aria-hidden": "true" }, initials(name));
}

/** The bot's picture. */
export function botAvatar() {
  return h("img", { class: "avatar", src: "/static/doorman.svg", alt: "", width: "32", height: "32" });
}

/** @param {string} name */
function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return ends.map((word) => [...word][0].toUpperCase()).join("");
}
