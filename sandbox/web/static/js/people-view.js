// @ts-check
import { avatar } from "./avatar.js";
import { byId, h } from "./dom.js";
/** @import { Session } from "./session.js" */
/** @import { Person } from "./types.js" */

/** Who one can be: the personas, whoever was added by name, and how many messages wait for each. */
export class PeopleView {
  #list = byId("people");
  #form = /** @type {HTMLFormElement} */ (byId("somebody"));
  #name = /** @type {HTMLInputElement} */ (byId("somebody-name"));
  #trouble = byId("somebody-trouble");
  /** @type {Map<string, HTMLElement>} */
  #badges = new Map();

  /** @param {Session} session */
  constructor(session) {
    this.session = session;
    session.addEventListener("changed", () => this.#show());
    session.addEventListener("people", () => this.#show());
    this.#name.addEventListener("focus", () => void this.#offerNames(), { once: true });
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#becomeNamed();
    });
    this.#show();
  }

  /** @param {(person: Person) => number} count */
  showCounts(count) {
    for (const [id, badge] of this.#badges) {
      const person = this.session.people.get(id);
      const unread = person ? count(person) : 0;
      badge.hidden = unread === 0;
      badge.replaceChildren(String(unread), h("span", { class: "unseen" }, " unread"));
    }
  }

  #show() {
    this.#list.replaceChildren(...[...this.session.people.values()].map((person) => this.#entry(person)));
    this.#list.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** @param {Person} person */
  #entry(person) {
    const badge = this.#badges.get(person.id) ?? h("span", { class: "badge", hidden: true });
    this.#badges.set(person.id, badge);
    const isMe = person.id === this.session.me.id;
    const become = (/** @type {MouseEvent} */ event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // the browser opens a tab or window
      event.preventDefault();
      this.session.become(person);
    };
    return h(
      "li",
      {},
      h(
        "a",
        { class: "person", href: this.session.address(person), "aria-current": isMe && "true", onclick: become },
        avatar(person.name),
        h("span", { class: "name" }, person.name),
        h("span", { class: "role" }, person.title ?? person.company),
        badge,
      ),
      h("a", {
        class: "window",
        href: this.session.address(person),
        target: "_blank",
        "aria-label": `Open as ${person.name} in a new window`,
        title: `Open as ${person.name} in a new window`,
      }),
    );
  }

  async #offerNames() {
    const everybody = await this.session.everybody();
    byId("everybody").replaceChildren(
      ...everybody.map((person) => h("option", { value: person.name }, person.user_principal_name)),
    );
  }

  async #becomeNamed() {
    this.#trouble.textContent = "";
    const person = await this.session.find(this.#name.value);
    if (!person) {
      this.#trouble.textContent = "Nobody in the tenant has that name.";
      return;
    }
    this.#name.value = "";
    this.session.become(person);
  }
}
