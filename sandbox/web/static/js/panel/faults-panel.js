// @ts-check
import { byId, h } from "../dom.js";
/** @import { Control } from "../control.js" */
/** @import { Live } from "../live.js" */
/** @import { Fault } from "../types.js" */

/** @type {{title: string, rule: Fault}[]} */
const CHOICES = [
  { title: "Graph is busy (429)", rule: { service: "graph", kind: "status", status: 429, retry_after: 5 } },
  { title: "Graph fails (503)", rule: { service: "graph", kind: "status", status: 503 } },
  { title: "Graph is slow (3 s)", rule: { service: "graph", kind: "slow", delay_ms: 3_000 } },
  { title: "Teams is busy (429)", rule: { service: "connector", kind: "status", status: 429, retry_after: 5 } },
  { title: "Entra is down (503)", rule: { service: "entra", kind: "status", status: 503 } },
];

/**
 * What goes wrong in the sandbox, to be switched on and off.
 *
 * @param {Control} control
 * @param {Live} live
 */
export function faultsPanel(control, live) {
  const boxes = CHOICES.map(() => h("input", { type: "checkbox" }));
  /** @type {Fault[]} */
  let inForce = [];
  const show = (/** @type {{faults: Fault[]}} */ { faults }) => {
    inForce = faults;
    boxes.forEach((box, index) => (box.checked = faults.some((fault) => isSame(fault, CHOICES[index].rule))));
    byId("faults-on").hidden = faults.length === 0;
    byId("faults-on").textContent = `${faults.length} on`;
  };
  const read = async () => show(await control.get("faults"));
  const change = async (/** @type {boolean} */ isOn, /** @type {Fault} */ rule) => {
    const known = inForce.find((fault) => isSame(fault, rule));
    if (isOn) show(await control.post("faults", rule));
    else if (known) show(await control.delete("faults", { id: String(known.id) }));
  };
  boxes.forEach((box, index) => box.addEventListener("change", () => void change(box.checked, CHOICES[index].rule)));
  byId("faults").replaceChildren(...boxes.map((box, index) => h("li", {}, h("label", {}, box, CHOICES[index].title))));
  byId("faults-off").addEventListener("click", async () => show(await control.delete("faults")));
  for (const kind of ["faults", "back", "reset"]) live.on(kind, () => void read());
  void read();
}

/** @param {Fault} one @param {Fault} other */
function isSame(one, other) {
  if (one.service !== other.service || one.kind !== other.kind) return false;
  return one.kind === "slow" || one.status === other.status;
}
