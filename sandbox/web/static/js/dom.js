// @ts-check
/**
 * Make an element. Strings become text nodes, so nothing from the outside is ever read as HTML.
 *
 * `class` and attributes are set as such; a function under `onclick` and its like becomes a listener; `false`, `null`
 * and `undefined` leave an attribute out, `true` sets it empty.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [properties]
 * @param {(Node | string | null | undefined | false)[]} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  for (const child of children) {
    if (child) element.append(child);
  }
  return element;
}

/**
 * The element of the page with this id, which index.html promises.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}.`);
  return element;
}

/**
 * The address if a link may lead there, else null: cards and sign-in buttons come from the bot.
 *
 * @param {unknown} url
 * @returns {string | null}
 */
export function webAddress(url) {
  if (typeof url !== "string" || !URL.canParse(url)) return null;
  return ["http:", "https:"].includes(new URL(url).protocol) ? url : null;
}
