// @ts-check
/** @import { Control } from "./control.js" */
/** @import { ChatName, Person } from "./types.js" */

const CHATS = /** @type {const} */ (["personal", "channel", "group"]);

/** Who sits before this window and which chat is open. The address says both, so a window can be opened as anybody. */
export class Session extends EventTarget {
  /** @type {Map<string, Person>} by id, personas first */
  people = new Map();
  /** @type {Person} */
  me;
  /** @type {ChatName} */
  chat;
  /** Which of the person's devices this window is, from 1. */
  device = 1;
  /** @type {Promise<Person[]> | null} */
  #everybody = null;

  /**
   * @param {Control} control
   * @param {Person[]} personas
   */
  constructor(control, personas) {
    super();
    this.control = control;
    for (const person of personas) this.people.set(person.id, person);
    this.me = personas[0];
    this.chat = "personal";
  }

  /**
   * Become whom the address names. Somebody unknown is the first persona.
   *
   * @param {Control} control
   */
  static async fromAddress(control) {
    const { people } = await control.get("people");
    const session = new Session(control, people);
    await session.readAddress();
    return session;
  }

  async readAddress() {
    const words = new URLSearchParams(location.search);
    const who = words.get("as");
    if (who) this.me = (await this.find(who)) ?? this.me;
    this.people.set(this.me.id, this.me);
    this.chat = CHATS.find((each) => each === words.get("chat")) ?? "personal";
    this.device = words.get("device") === "2" ? 2 : 1;
  }

  /**
   * @param {Person} person
   * @param {ChatName} [chat]
   */
  become(person, chat = "personal") {
    if (person.id === this.me.id && chat === this.chat) return;
    this.people.set(person.id, person);
    this.me = person;
    this.chat = chat;
    history.pushState(null, "", this.address(person, chat));
    this.dispatchEvent(new Event("changed"));
  }

  /** @param {number} device */
  use(device) {
    if (device === this.device) return;
    this.device = device;
    history.pushState(null, "", this.address(this.me, this.chat));
    this.dispatchEvent(new Event("changed"));
  }

  /**
   * Where a window opens as this person.
   *
   * @param {Person} person
   * @param {ChatName} [chat]
   */
  address(person, chat = "personal") {
    const words = new URLSearchParams({ as: person.key ?? person.user_principal_name });
    if (chat !== "personal") words.set("chat", chat);
    if (this.device !== 1) words.set("device", String(this.device));
    return `/?${words}`;
  }

  /**
   * Somebody by persona key, name, user principal name or id.
   *
   * @param {string} who
   * @returns {Promise<Person | undefined>}
   */
  async find(who) {
    const wanted = who.trim().toLowerCase();
    const fits = (/** @type {Person} */ each) =>
      [each.key, each.name, each.user_principal_name, each.id].some((name) => name?.toLowerCase() === wanted);
    return [...this.people.values()].find(fits) ?? (await this.everybody()).find(fits);
  }

  /** Everybody in the tenant, asked for once. */
  everybody() {
    this.#everybody ??= this.control.get("people", { all: true }).then((answer) => answer.people);
    return this.#everybody;
  }

  /** Read the people again: somebody was changed, or everything was reset. */
  async reload() {
    this.#everybody = null;
    const { people } = await this.control.get("people");
    for (const person of people) this.people.set(person.id, person);
    this.me = this.people.get(this.me.id) ?? people[0];
    if (!this.me.key) this.me = (await this.find(this.me.id)) ?? this.me;
    this.people.set(this.me.id, this.me);
    this.dispatchEvent(new Event("people"));
  }
}
