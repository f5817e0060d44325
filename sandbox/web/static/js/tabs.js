// @ts-check
/** @import { Session } from "./session.js" */
/** @import { ChatName } from "./types.js" */

/**
 * The tabs Chat, General and Group chat; arrow keys move between them.
 *
 * @param {HTMLElement} list with role tablist; each tab says its chat in `data-chat`
 * @param {Session} session
 */
export function followTabs(list, session) {
  const tabs = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=tab]")]);
  const show = () => {
    for (const tab of tabs) {
      const isOpen = tab.dataset.chat === session.chat;
      tab.setAttribute("aria-selected", String(isOpen));
      tab.tabIndex = isOpen ? 0 : -1;
    }
  };
  const open = (/** @type {HTMLElement} */ tab) => {
    session.become(session.me, /** @type {ChatName} */ (tab.dataset.chat));
    tab.focus();
  };
  for (const tab of tabs) tab.addEventListener("click", () => open(tab));
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const now = tabs.findIndex((tab) => tab.dataset.chat === session.chat);
    open(tabs[(now + step + tabs.length) % tabs.length]);
  });
  session.addEventListener("changed", show);
  show();
}

/**
 * How many unread messages each tab has.
 *
 * @param {HTMLElement} list
 * @param {(chat: ChatName) => number} count
 */
export function showTabCounts(list, count) {
  for (const badge of /** @type {NodeListOf<HTMLElement>} */ (list.querySelectorAll("[data-badge]"))) {
    const unread = count(/** @type {ChatName} */ (badge.dataset.badge));
    badge.hidden = unread === 0;
    badge.textContent = String(unread);
  }
}
