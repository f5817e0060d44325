// @ts-check
import { setUpRenderer } from "./card-view.js";
import { ChatView } from "./chat-view.js";
import { Clock } from "./clock.js";
import { Composer } from "./composer.js";
import { Control } from "./control.js";
import { Conversations } from "./conversations.js";
import { DialogView } from "./dialog-view.js";
import { byId } from "./dom.js";
import { Live } from "./live.js";
import { setUpPanel } from "./panel/panel.js";
import { PeopleView } from "./people-view.js";
import { Session } from "./session.js";
import { followTabs, showTabCounts } from "./tabs.js";
import { followTheme } from "./theme.js";
import { toast } from "./toasts.js";
import { showTyping } from "./typing.js";
import { notifies, ReadMarks } from "./unread.js";
/** @import { Conversation } from "./conversations.js" */
/** @import { Message } from "./types.js" */

const control = new Control();
const live = new Live();
const marks = new ReadMarks();

followTheme(/** @type {HTMLSelectElement} */ (byId("theme")));
setUpRenderer();
live.on("lost", () => (byId("lost").hidden = false));
live.on("back", () => (byId("lost").hidden = true));
live.connect();
Session.fromAddress(control).then(start).catch(showFailure);

/** @param {Session} session */
async function start(session) {
  const clock = new Clock(control, live);
  await clock.read();
  const conversations = new Conversations(control, live);
  const people = new PeopleView(session);
  const chat = new ChatView(control, clock);
  const tabs = byId("tabs");
  const device = /** @type {HTMLSelectElement} */ (byId("device"));
  device.addEventListener("change", () => session.use(Number(device.value)));

  const current = () => conversations.of(session.me, session.chat, session.device);
  const showCounts = () => {
    people.showCounts((person) => marks.count(conversations.of(person, "personal")));
    showTabCounts(tabs, (name) => marks.count(conversations.of(session.me, name)));
  };
  const readCurrent = () => {
    if (document.visibilityState === "visible") marks.read(current());
    showCounts();
  };
  const open = () => {
    byId("me").textContent = session.me.name;
    device.value = String(session.device);
    chat.open(current(), session.me);
    readCurrent();
    void look(session);
  };

  conversations.addEventListener("changed", (event) => {
    const { conversation, appeared, isFirst } = /** @type {CustomEvent} */ (event).detail;
    readCurrent();
    if (!isFirst) notify(session, conversation, appeared);
  });
  marks.addEventListener("changed", showCounts);
  session.addEventListener("changed", open);
  session.addEventListener("people", showCounts);
  addEventListener("popstate", async () => {
    await session.readAddress();
    session.dispatchEvent(new Event("changed"));
  });
  document.addEventListener("visibilitychange", () => {
    readCurrent();
    if (document.visibilityState === "visible") void look(session);
  });
  for (const kind of ["person", "reset", "back"]) live.on(kind, () => void session.reload().catch(() => {}));

  followTabs(tabs, session);
  showTyping(live, session);
  new DialogView(control, session);
  const composer = new Composer(control, session);
  const showSuggestions = () => composer.suggest([...current().messages.values()]);
  conversations.addEventListener("changed", showSuggestions);
  session.addEventListener("changed", showSuggestions);
  for (const kind of ["teams", "reset"]) live.on(kind, () => document.dispatchEvent(new Event("teams")));
  setUpPanel({ control, live, session, clock });
  open();
}

/**
 * Open the chat as a client does: cards that are due ask the bot for this person's view.
 *
 * @param {Session} session
 */
async function look({ me, chat, device }) {
  await control.post("refresh", { person: me.id, chat, device }).catch(() => {});
}

/**
 * Tell of new messages that nobody sees come in here.
 *
 * @param {Session} session
 * @param {Conversation} conversation
 * @param {Message[]} appeared
 */
function notify(session, conversation, appeared) {
  const { personId, chat } = conversation;
  const isMine = personId === session.me.id;
  if (isMine && chat === session.chat && document.visibilityState === "visible") return;
  const person = session.people.get(personId);
  if (!person) return;
  for (const message of appeared.filter(notifies)) {
    const text = message.summary || message.text || "Sent a card";
    toast(isMine ? "Doorman" : `Doorman to ${person.name}`, text, () => session.become(person, chat));
  }
}

/** @param {Error} error */
function showFailure(error) {
  const lost = byId("lost");
  lost.hidden = false;
  lost.textContent = `The page could not start: ${error.message}`;
}
