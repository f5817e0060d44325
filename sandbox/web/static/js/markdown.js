// @ts-check
import markdownIt from "/static/vendor/markdown-it.mjs";
import { h, webAddress } from "./dom.js";

/** As strict about names as a client can be: everything of CommonMark counts, HTML never does. */
const parser = markdownIt("commonmark", { html: false });

/**
 * Markdown as HTML text, for the card renderer alone: it takes nothing else.
 *
 * @param {string} source
 * @returns {string}
 */
export function markdownToHtml(source) {
  return parser.render(source);
}

/**
 * Markdown as nodes, without ever going through HTML.
 *
 * @param {string} source
 * @returns {DocumentFragment}
 */
export function markdownToNodes(source) {
  const fragment = document.createDocumentFragment();
  fill(fragment, parser.parse(source, {}));
  return fragment;
}

const TAGS = new Set("p strong em ul ol li blockquote h1 h2 h3 h4 h5 h6".split(" "));
const CODE = new Set(["code_inline", "code_block", "fence"]);

/**
 * @param {ParentNode} root
 * @param {any[]} tokens of markdown-it: `nesting` is 1 where an element opens and -1 where it closes
 */
function fill(root, tokens) {
  /** @type {ParentNode[]} */
  const open = [root];
  for (const token of tokens) {
    const place = open[open.length - 1];
    if (token.type === "inline") fill(place, token.children ?? []);
    else if (token.nesting === 1) open.push(append(place, elementFor(token)));
    else if (token.nesting === -1) open.pop();
    else place.append(...leaf(token));
  }
}

/**
 * @param {any} token
 * @returns {(Node | string)[]}
 */
function leaf(token) {
  if (token.type === "hardbreak" || token.type === "softbreak") return [h("br")];
  if (CODE.has(token.type)) return [h("code", {}, token.content)];
  if (token.type === "hr") return [h("hr")];
  return withMentions(token.content);
}

/** @param {any} token */
function elementFor(token) {
  const address = token.tag === "a" ? webAddress(token.attrGet("href")) : null;
  if (address) return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" });
  return document.createElement(TAGS.has(token.tag) ? token.tag : "span");
}

/**
 * Teams marks mentions in a text as `<at>Name</at>`.
 *
 * @param {string} text
 * @returns {(Node | string)[]}
 */
function withMentions(text) {
  return text.split(/<at>(.*?)<\/at>/).map((part, index) => (index % 2 ? h("span", { class: "mention" }, part) : part));
}

/**
 * @template {Node} T
 * @param {ParentNode} place
 * @param {T} node
 */
function append(place, node) {
  place.append(node);
  return node;
}
