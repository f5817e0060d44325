// @ts-check
import { byId } from "./dom.js";
/** @import { Live } from "./live.js" */
/** @import { Session } from "./session.js" */

const LASTS_MS = 8_000;

/**
 * "Doorman is typing" in the open chat, until its message comes or nothing does.
 *
 * @param {Live} live
 * @param {Session} session
 */
export function showTyping(live, session) {
  const line = byId("typing");
  /** @type {number | undefined} */
  let timer;
  const hide = () => {
    clearTimeout(timer);
    line.hidden = true;
  };
  const isHere = (/** @type {{person: string | null, chat: string}} */ { person, chat }) =>
    chat === session.chat && (person === null || person === session.me.id);
  live.on("typing", (event) => {
    if (!isHere(event)) return;
    hide();
    line.hidden = false;
    timer = setTimeout(hide, LASTS_MS);
  });
  live.on("chat", (event) => isHere(event) && hide());
  session.addEventListener("changed", hide);
}
