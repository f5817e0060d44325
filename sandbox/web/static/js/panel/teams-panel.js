// @ts-check
import { byId } from "../dom.js";
/** @import { Control } from "../control.js" */
/** @import { Live } from "../live.js" */

/**
 * How Teams behaves, where a bot has to cope with more than one way.
 *
 * @param {Control} control
 * @param {Live} live
 */
export function teamsPanel(control, live) {
  const box = (/** @type {string} */ id) => /** @type {HTMLInputElement} */ (byId(id));
  const twice = box("teams-twice");
  const again = box("teams-again");
  const devices = box("teams-devices");
  const rates = box("teams-rates");
  const receipts = box("teams-receipts");
  const show = (/** @type {any} */ behaviour) => {
    twice.checked = behaviour.duplicate_delivery;
    again.checked = behaviour.repeat_slow_invokes;
    devices.checked = behaviour.devices > 1;
    rates.checked = behaviour.throttling;
    receipts.checked = behaviour.read_receipts;
    for (const [name, select] of choices) select.value = behaviour[name] ?? "";
  };
  const choices = ["execute_in_dialogs", "sso_failure"].map((name) => /** @type {const} */ ([name, /** @type {HTMLSelectElement} */ (byId(`teams-${name}`))]));
  for (const [name, select] of choices) select.addEventListener("change", () => void change({ [name]: select.value || null }));
  const change = async (/** @type {object} */ what) => show(await control.post("teams", what));
  const read = async () => show(await control.get("teams"));
  twice.addEventListener("change", () => void change({ duplicate_delivery: twice.checked }));
  again.addEventListener("change", () => void change({ repeat_slow_invokes: again.checked }));
  devices.addEventListener("change", () => void change({ devices: devices.checked ? 2 : 1 }));
  rates.addEventListener("change", () => void change({ throttling: rates.checked }));
  receipts.addEventListener("change", () => void change({ read_receipts: receipts.checked }));
  for (const kind of ["teams", "back", "reset"]) live.on(kind, () => void read().catch(() => {}));
  void read().catch(() => {});
}
