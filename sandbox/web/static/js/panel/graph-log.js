// @ts-check
import { byId, h } from "../dom.js";
import { shortPath } from "./short-path.js";
/** @import { Control } from "../control.js" */
/** @import { Live } from "../live.js" */
/** @import { GraphCall } from "../types.js" */

const MOST_ROWS = 200;
const KINDS = { delegated: "as the person", application: "as the app", none: "without a token" };

/** The calls of Graph as they happen, newest first: what, how it went, in whose name, by which permission. */
export class GraphLog {
  #rows = byId("graph-calls");
  #who = /** @type {HTMLSelectElement} */ (byId("graph-who"));
  /** @type {GraphCall[]} oldest first */
  #calls = [];
  #last = 0;

  /**
   * @param {Control} control
   * @param {Live} live
   */
  constructor(control, live) {
    this.control = control;
    live.on("graph", (call) => this.#take([call]));
    live.on("back", () => void this.#begin());
    live.on("reset", () => void this.#begin());
    this.#who.addEventListener("change", () => this.#showAll());
    byId("graph-clear").addEventListener("click", () => void this.#clear());
    void this.#begin();
  }

  async #begin() {
    const { calls } = await this.control.get("graph-log");
    this.#calls = [];
    this.#last = 0;
    this.#rows.replaceChildren();
    this.#take(calls);
    this.#showEmpty();
  }

  async #clear() {
    await this.control.delete("graph-log");
    this.#calls = [];
    this.#showAll();
  }

  /** @param {GraphCall[]} calls */
  #take(calls) {
    const later = calls.filter((call) => call.number > this.#last);
    if (!later.length) return;
    this.#last = later[later.length - 1].number;
    this.#calls = [...this.#calls, ...later].slice(-MOST_ROWS);
    this.#offerNames();
    for (const call of later.slice(-MOST_ROWS)) if (this.#isWanted(call)) this.#rows.prepend(row(call));
    while (this.#rows.childElementCount > MOST_ROWS) this.#rows.lastElementChild?.remove();
    this.#showEmpty();
  }

  #showAll() {
    const wanted = this.#calls.filter((call) => this.#isWanted(call));
    this.#rows.replaceChildren(...wanted.reverse().map(row));
    this.#showEmpty();
  }

  #showEmpty() {
    byId("graph-empty").hidden = this.#rows.childElementCount > 0;
  }

  /** @param {GraphCall} call */
  #isWanted(call) {
    const who = this.#who.value;
    if (who === "*") return true;
    return who === "people" ? call.token_kind === "delegated" : call.identity === who.slice(1);
  }

  #offerNames() {
    const known = new Set([...this.#who.options].map((option) => option.value));
    for (const { identity } of this.#calls) {
      if (known.has(`=${identity}`)) continue;
      known.add(`=${identity}`);
      this.#who.append(h("option", { value: `=${identity}` }, identity));
    }
  }
}

/** @param {GraphCall} call */
function row(call) {
  const outcome = call.status >= 400 ? "bad" : "good";
  return h(
    "li",
    { class: "call" },
    h(
      "details",
      {},
      h(
        "summary",
        {},
        h("span", { class: `method ${call.method.toLowerCase()}` }, call.method),
        h("span", { class: "path" }, ...breakable(shortPath(call.path))),
        h("span", { class: `status ${outcome}` }, String(call.status)),
        h(
          "span",
          { class: "who" },
          h("span", { class: `kind ${call.token_kind}` }, `${call.identity} · ${KINDS[call.token_kind]}`),
          call.used_permission && h("span", { class: "permission" }, call.used_permission),
        ),
      ),
      details(call),
    ),
  );
}

/** @param {GraphCall} call */
function details(call) {
  /** @type {[string, string][]} */
  const facts = [
    ["Path", call.path],
    ["Query", call.query || "none"],
    ["Took", `${call.duration_ms.toFixed(1)} ms`],
    ["Permissions of the token", call.permissions.join(", ") || "none"],
    ["Correlation id", call.correlation_id || "none"],
  ];
  if (call.batch !== null) facts.push(["Part of $batch", String(call.batch)]);
  return h("dl", {}, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/**
 * A path that breaks into lines before its slashes.
 *
 * @param {string} path
 */
function breakable(path) {
  return path.split(/(?=\/)/).flatMap((part) => [h("wbr"), part]);
}
