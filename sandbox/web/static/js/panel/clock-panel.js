// @ts-check
import { byId } from "../dom.js";
import { dayAndTime } from "../times.js";
/** @import { Clock } from "../clock.js" */
/** @import { Session } from "../session.js" */

/**
 * The sandbox's clock and the buttons that move it.
 *
 * @param {Clock} clock
 * @param {Session} session the time is told in the zone of whoever sits here
 */
export function clockPanel(clock, session) {
  const face = byId("clock-face");
  const hold = /** @type {HTMLButtonElement} */ (byId("clock-hold"));
  const show = () => {
    face.textContent = dayAndTime(clock.now, session.me) + (clock.isFrozen ? " (frozen)" : "");
    hold.textContent = clock.isFrozen ? "Let it run" : "Freeze";
    hold.setAttribute("aria-pressed", String(clock.isFrozen));
  };
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-advance]"))) {
    button.addEventListener("click", () => void clock.change({ advance: button.dataset.advance }));
  }
  hold.addEventListener("click", () => void clock.change(clock.isFrozen ? { resume: true } : { freeze: true }));
  clock.addEventListener("changed", show);
  session.addEventListener("changed", show);
  setInterval(show, 1_000);
  show();
}
