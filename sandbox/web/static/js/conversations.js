// @ts-check
/** @import { Control } from "./control.js" */
/** @import { Live } from "./live.js" */
/** @import { ChatName, Message, Person } from "./types.js" */

/**
 * One chat as one person sees it, kept up to date. Dispatches "changed" with
 * `detail = {changed: Message[], appeared: Message[], isFirst: boolean}`.
 */
export class Conversation extends EventTarget {
  /** @type {Map<string, Message>} by id, oldest first */
  messages = new Map();
  isLoaded = false;
  #changes = 0;
  /** @type {Promise<void> | null} */
  #running = null;
  #isStale = false;

  /**
   * @param {Control} control
   * @param {string} personId
   * @param {ChatName} chat
   * @param {number} device which of the person's devices shows it
   */
  constructor(control, personId, chat, device) {
    super();
    this.device = device;
    this.control = control;
    this.personId = personId;
    this.chat = chat;
  }

  /** Fetch what changed. Calls while one is on its way become a single further one. */
  update() {
    this.#isStale = true;
    this.#running ??= this.#catchUp().finally(() => (this.#running = null));
    return this.#running;
  }

  /** Fetch everything again: the sandbox may have begun anew. */
  reload() {
    this.#changes = 0;
    return this.update();
  }

  async #catchUp() {
    while (this.#isStale) {
      this.#isStale = false;
      const since = this.#changes;
      const answer = await this.control.get("transcript", {
        person: this.personId,
        chat: this.chat,
        device: this.device,
        since,
      });
      if (answer.changes < since) {
        this.#changes = 0;
        this.#isStale = true;
      } else {
        this.#take(answer, since === 0);
      }
    }
  }

  /**
   * @param {{messages: Message[], changes: number}} answer
   * @param {boolean} isWhole
   */
  #take(answer, isWhole) {
    const known = this.messages;
    const appeared = answer.messages.filter((message) => !known.has(message.id));
    const kept = isWhole ? [] : [...known.values()];
    const all = new Map([...kept, ...answer.messages].map((message) => [message.id, message]));
    this.messages = new Map([...all].sort(([one], [other]) => Number(one) - Number(other)));
    this.#changes = answer.changes;
    const isFirst = !this.isLoaded;
    this.isLoaded = true;
    const detail = { changed: answer.messages, appeared, isFirst };
    this.dispatchEvent(new CustomEvent("changed", { detail }));
  }
}

/** Every conversation that somebody looked at in this window, brought up to date by what happens in the sandbox. */
export class Conversations extends EventTarget {
  /** @type {Map<string, Conversation>} */
  #known = new Map();

  /**
   * @param {Control} control
   * @param {Live} live
   */
  constructor(control, live) {
    super();
    this.control = control;
    live.on("chat", (event) => this.#heard(event));
    live.on("back", () => this.#reload());
    live.on("reset", () => this.#reload());
  }

  /**
   * @param {Person} person
   * @param {ChatName} chat
   * @param {number} [device]
   */
  of(person, chat, device = 1) {
    const key = `${chat} ${person.id} ${device}`;
    let found = this.#known.get(key);
    if (!found) {
      found = new Conversation(this.control, person.id, chat, device);
      const conversation = found;
      conversation.addEventListener("changed", (event) => {
        const { appeared, isFirst } = /** @type {CustomEvent} */ (event).detail;
        this.dispatchEvent(new CustomEvent("changed", { detail: { conversation, appeared, isFirst } }));
      });
      this.#known.set(key, conversation);
      void conversation.update().catch(() => {});
    }
    return found;
  }

  /** @param {{person: string | null, chat: ChatName}} event */
  #heard({ person, chat }) {
    for (const each of this.#known.values()) {
      if (each.chat === chat && (person === null || person === each.personId)) void each.update().catch(() => {});
    }
  }

  #reload() {
    for (const each of this.#known.values()) void each.reload().catch(() => {});
  }
}
