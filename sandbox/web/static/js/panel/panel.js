// @ts-check
import { byId } from "../dom.js";
import { appPanel } from "./app-panel.js";
import { clockPanel } from "./clock-panel.js";
import { consolePanel } from "./console-panel.js";
import { faultsPanel } from "./faults-panel.js";
import { GraphLog } from "./graph-log.js";
import { personPanel } from "./person-panel.js";
import { PortalPanel } from "./portal-panel.js";
import { rulesPanel } from "./rules-panel.js";
import { teamsPanel } from "./teams-panel.js";
/** @import { Clock } from "../clock.js" */
/** @import { Control } from "../control.js" */
/** @import { Live } from "../live.js" */
/** @import { Session } from "../session.js" */

const KEY = "doorman.panel";
const BESIDE = "(min-width: 75rem)";

/**
 * "Behind the scenes", which can be put away.
 *
 * @param {{control: Control, live: Live, session: Session, clock: Clock}} parts
 */
export function setUpPanel({ control, live, session, clock }) {
  const panel = byId("panel");
  const toggle = byId("panel-toggle");
  const show = (/** @type {boolean} */ isOpen) => {
    panel.hidden = !isOpen;
    document.body.classList.toggle("with-panel", isOpen);
    toggle.setAttribute("aria-expanded", String(isOpen));
  };
  const kept = localStorage.getItem(KEY);
  show(kept ? kept === "open" : matchMedia(BESIDE).matches);
  toggle.addEventListener("click", () => {
    const isOpen = panel.hidden;
    localStorage.setItem(KEY, isOpen ? "open" : "closed");
    show(isOpen);
    if (isOpen && !matchMedia(BESIDE).matches) panel.scrollIntoView({ block: "start" });
  });
  byId("reset").addEventListener("click", () => void control.post("reset"));
  keepStates(control);
  appPanel(control, session, live);
  rulesPanel(control, live);
  consolePanel(control, session);
  new GraphLog(control, live);
  new PortalPanel(control, live);
  clockPanel(clock, session);
  faultsPanel(control, live);
  teamsPanel(control, live);
  personPanel(control, session, live);
}

/**
 * Keep the state of the world, and put it back.
 *
 * @param {Control} control
 */
function keepStates(control) {
  const back = /** @type {HTMLButtonElement} */ (byId("restore"));
  const show = async () => {
    const { ids } = await control.get("snapshot");
    back.disabled = ids.length === 0;
    back.value = ids.at(-1) ?? "";
  };
  byId("snapshot").addEventListener("click", async () => {
    await control.post("snapshot");
    await show();
  });
  back.addEventListener("click", () => void control.post("restore", { id: back.value }));
  void show().catch(() => {});
}
