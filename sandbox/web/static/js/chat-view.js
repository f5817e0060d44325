// @ts-check
import { byId, h } from "./dom.js";
import { MessageView } from "./message-view.js";
import { dayName } from "./times.js";
import { notifies } from "./unread.js";
/** @import { Clock } from "./clock.js" */
/** @import { Control } from "./control.js" */
/** @import { Conversation } from "./conversations.js" */
/** @import { Message, Person } from "./types.js" */

const CLOSE_TOGETHER_MS = 5 * 60_000;
const NEAR_THE_END_PX = 80;

/** The messages of the open chat. Messages that did not change are left alone, with focus and typing in them. */
export class ChatView {
  #list = /** @type {HTMLOListElement} */ (byId("messages"));
  #scroller = byId("scroller");
  #newer = byId("newer");
  #empty = byId("empty");
  #spoken = byId("spoken");
  /** @type {Map<string, MessageView>} */
  #views = new Map();
  /** @type {Conversation | null} */
  #conversation = null;
  /** @type {Person | null} */
  #reader = null;

  /**
   * @param {Control} control
   * @param {Clock} clock
   */
  constructor(control, clock) {
    this.control = control;
    this.clock = clock;
    clock.addEventListener("changed", () => this.#placeAll());
    this.#newer.addEventListener("click", () => this.#scrollToEnd());
    this.#scroller.addEventListener("scroll", () => {
      if (this.#isAtEnd) this.#newer.hidden = true;
    });
    // Cards take their height a moment after they are drawn, and again when the window changes.
    let wasAtEnd = true;
    this.#scroller.addEventListener("scroll", () => (wasAtEnd = this.#isAtEnd));
    new ResizeObserver(() => wasAtEnd && this.#scrollToEnd()).observe(this.#list);
  }

  /**
   * @param {Conversation} conversation
   * @param {Person} reader
   */
  open(conversation, reader) {
    this.#conversation?.removeEventListener("changed", this.#changed);
    this.#conversation = conversation;
    this.#reader = reader;
    this.#clear();
    conversation.addEventListener("changed", this.#changed);
    if (conversation.isLoaded) this.#show([...conversation.messages.values()]);
    this.#scrollToEnd();
  }

  #changed = (/** @type {Event} */ event) => {
    const { changed, appeared, isFirst } = /** @type {CustomEvent} */ (event).detail;
    const wasAtEnd = this.#isAtEnd;
    this.#show(changed);
    if (isFirst || wasAtEnd || appeared.some((/** @type {Message} */ each) => !each.from.is_bot)) this.#scrollToEnd();
    else if (appeared.some(notifies)) this.#newer.hidden = false;
    if (!isFirst) this.#say(appeared.filter(notifies));
  };

  /** @param {Message[]} messages */
  #show(messages) {
    const known = /** @type {Conversation} */ (this.#conversation).messages;
    for (const [id, view] of this.#views) {
      if (known.has(id)) continue;
      view.element.remove();
      this.#views.delete(id);
    }
    for (const message of messages) this.#showOne(message);
    this.#placeAll();
  }

  /** @param {Message} message */
  #showOne(message) {
    const view = this.#views.get(message.id);
    if (view) {
      view.show(message);
      return;
    }
    const known = /** @type {Conversation} */ (this.#conversation);
    const made = new MessageView(this.control, /** @type {Person} */ (this.#reader), message, known.device);
    this.#views.set(message.id, made);
    this.#list.insertBefore(made.element, this.#nextAfter(message));
  }

  /**
   * The element before which a new message goes: elements that are there already never move.
   *
   * @param {Message} message
   */
  #nextAfter(message) {
    const place = placeOf(message);
    for (let each = this.#list.lastElementChild, next = null; ; each = each.previousElementSibling) {
      const other = each && this.#views.get(/** @type {HTMLElement} */ (each).dataset.message ?? "")?.message;
      if (!each || !other || isBefore(placeOf(other), place)) return next;
      next = each;
    }
  }

  /** Days between the messages, and messages that belong together. */
  #placeAll() {
    const reader = this.#reader;
    if (!reader) return;
    let lastDay = "";
    /** @type {Message | null} */
    let last = null;
    for (const element of this.#list.children) {
      const view = this.#views.get(/** @type {HTMLElement} */ (element).dataset.message ?? "");
      if (!view?.message || !view.isVisible) continue;
      const day = dayName(new Date(view.message.at), this.clock.now, reader);
      view.place(day === lastDay ? null : day, day === lastDay && last !== null && belong(last, view.message));
      view.element.classList.toggle("reply", isReply(view.message));
      lastDay = day;
      last = view.message;
    }
    this.#empty.hidden = last !== null || !this.#conversation?.isLoaded;
  }

  /** @param {Message[]} messages */
  #say(messages) {
    const words = messages.map((each) => each.text || each.summary || each.shown?.fallbackText || "a card");
    const said = messages.map((each, index) => h("p", {}, `${each.from.name}: ${words[index]}`));
    if (said.length) this.#spoken.replaceChildren(...said);
  }

  #clear() {
    this.#views.clear();
    this.#list.replaceChildren();
    this.#spoken.replaceChildren();
    this.#newer.hidden = true;
    this.#empty.hidden = true;
  }

  get #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR_THE_END_PX;
  }

  #scrollToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#newer.hidden = true;
  }
}

/**
 * Where a message stands: in a channel under the message that began its thread.
 *
 * @param {Message} message
 * @returns {[number, number]}
 */
function placeOf(message) {
  return [Number(message.thread ?? message.id), Number(message.id)];
}

/** @param {[number, number]} one @param {[number, number]} other */
function isBefore(one, other) {
  return one[0] < other[0] || (one[0] === other[0] && one[1] < other[1]);
}

/** @param {Message} message */
function isReply(message) {
  return message.thread !== null && message.thread !== message.id;
}

/** @param {Message} one @param {Message} other */
function belong(one, other) {
  const apart = Date.parse(other.at) - Date.parse(one.at);
  return one.from.id === other.from.id && apart < CLOSE_TOGETHER_MS && isReply(one) === isReply(other);
}
