// @ts-check
import { byId, h } from "../dom.js";
/** @import { Control } from "../control.js" */
/** @import { Live } from "../live.js" */
/** @import { Fault } from "../types.js" */

const NUMBERS = ["status", "retry_after", "delay_ms", "skip", "times", "percent"];

/**
 * Faults of one's own: any service, route and caller, now and then or in a sequence. And how slow the services are.
 *
 * @param {Control} control
 * @param {Live} live
 */
export function rulesPanel(control, live) {
  const form = /** @type {HTMLFormElement} */ (byId("rule"));
  const trouble = byId("rule-trouble");
  const show = (/** @type {{faults: Fault[]}} */ { faults }) => {
    byId("rules").replaceChildren(...faults.map((each) => entry(each, async () => show(await control.delete("faults", { id: String(each.id) })))));
  };
  const read = async () => show(await control.get("faults"));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    trouble.textContent = "";
    const given = Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
    const rule = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, NUMBERS.includes(name) ? Number(value) : value]));
    try {
      show(await control.post("faults", { ...rule, after: "after" in given }));
    } catch (error) {
      trouble.textContent = /** @type {Error} */ (error).message;
    }
  });
  const slow = /** @type {HTMLFormElement} */ (byId("latency"));
  const showLatency = (/** @type {Record<string, number>} */ values) => {
    for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (slow.querySelectorAll("input"))) field.value = String(values[field.name]);
  };
  slow.addEventListener("change", async () => {
    const values = Object.fromEntries([...new FormData(slow)].map(([name, value]) => [name, Number(value)]));
    showLatency(await control.post("latency", values).catch(() => control.get("latency")));
  });
  const readAll = () => void Promise.all([read(), control.get("latency").then(showLatency)]).catch(() => {});
  for (const kind of ["faults", "fault", "back", "reset"]) live.on(kind, readAll);
  readAll();
}

/**
 * @param {Fault} fault
 * @param {() => Promise<void>} remove
 */
function entry(fault, remove) {
  const what = fault.kind === "status" ? `answers ${fault.status}` : `${fault.kind}${fault.delay_ms ? ` ${fault.delay_ms} ms` : ""}`;
  const limits = [
    fault.method ?? "",
    fault.path ? `at ${fault.path}` : "",
    fault.who ? `for ${fault.who}` : "",
    fault.skip ? `after ${fault.skip} more` : "",
    fault.times ? `${fault.times} times` : "",
    fault.percent && fault.percent < 100 ? `${fault.percent} %` : "",
    fault.hits ? `struck ${fault.hits}×` : "",
  ].filter(Boolean);
  return h(
    "li",
    { class: "row" },
    h("span", { class: "grow" }, `${fault.service} ${what}`, limits.length ? h("small", { class: "hint" }, ` ${limits.join(", ")}`) : null),
    h("button", { class: "button", type: "button", "aria-label": `Remove ${fault.service} ${what}`, onclick: () => void remove() }, "×"),
  );
}
