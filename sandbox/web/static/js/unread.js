// @ts-check
/** @import { Conversation } from "./conversations.js" */
/** @import { Message } from "./types.js" */

const PREFIX = "doorman.read.";

/**
 * Up to which message each person has read each chat. Kept by the browser, so that all its windows agree and a reload
 * forgets nothing. Dispatches "changed" when another window read something.
 */
export class ReadMarks extends EventTarget {
  constructor() {
    super();
    addEventListener("storage", (event) => {
      if (event.key?.startsWith(PREFIX)) this.dispatchEvent(new Event("changed"));
    });
  }

  /** @param {Conversation} conversation */
  count(conversation) {
    const mark = this.#mark(conversation);
    return fromBot(conversation).filter((message) => Number(message.id) > mark).length;
  }

  /** @param {Conversation} conversation */
  read(conversation) {
    const last = fromBot(conversation).at(-1);
    if (!last || Number(last.id) === this.#mark(conversation)) return;
    localStorage.setItem(keyOf(conversation), last.id);
    this.dispatchEvent(new Event("changed"));
  }

  /**
   * A mark behind the newest message was made before a reset, or under a clock that has been put back.
   *
   * @param {Conversation} conversation
   */
  #mark(conversation) {
    const mark = Number(localStorage.getItem(keyOf(conversation)) ?? 0);
    return mark > Number(fromBot(conversation).at(-1)?.id ?? 0) ? 0 : mark;
  }
}

/**
 * True for messages that Teams would notify somebody about.
 *
 * @param {Message} message
 */
export function notifies(message) {
  return message.from.is_bot && !message.deleted && message.sign_in !== "silent" && message.sign_in !== "done";
}

/** @param {Conversation} conversation */
function fromBot(conversation) {
  return [...conversation.messages.values()].filter(notifies);
}

/** @param {Conversation} conversation */
function keyOf(conversation) {
  return `${PREFIX}${conversation.chat}.${conversation.personId}`;
}
