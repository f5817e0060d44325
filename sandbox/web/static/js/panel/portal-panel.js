// @ts-check
import { byId, h } from "../dom.js";
/** @import { Control } from "../control.js" */
/** @import { Live } from "../live.js" */
/** @import { Request } from "../types.js" */

/** Requests that wait, to be decided as if in My Access: Doorman only hears of it when it looks next. */
export class PortalPanel {
  #list = byId("portal");
  #empty = byId("portal-empty");
  #trouble = byId("portal-trouble");
  #drawn = "";
  /** @type {number | undefined} */
  #soon;

  /**
   * @param {Control} control
   * @param {Live} live
   */
  constructor(control, live) {
    this.control = control;
    for (const kind of ["entitlement", "clock", "back", "reset"]) live.on(kind, () => this.#readSoon());
    void this.#read();
  }

  /** Things happen to requests in bursts. */
  #readSoon() {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.#read(), 150);
  }

  async #read() {
    /** @type {{requests: Request[]}} */
    const { requests } = await this.control.get("portal/requests", { open: true });
    const waiting = requests.filter((request) => request.stage !== null && request.approvers.length);
    const written = JSON.stringify(waiting);
    if (written === this.#drawn) return;
    this.#drawn = written;
    this.#empty.hidden = waiting.length > 0;
    this.#list.replaceChildren(...waiting.reverse().map((request) => this.#entry(request)));
  }

  /** @param {Request} request */
  #entry(request) {
    const approver = h("select", {}, ...request.approvers.map((name) => h("option", {}, name)));
    const reason = h("input", { type: "text", placeholder: "Justification", "aria-label": "Justification" });
    const decide = (/** @type {string} */ decision) => async () => {
      this.#trouble.textContent = "";
      try {
        const decided = { person: approver.value, request: request.id, decision, justification: reason.value };
        await this.control.post("portal/decide", decided);
      } catch (error) {
        this.#trouble.textContent = /** @type {Error} */ (error).message;
      }
      await this.#read();
    };
    const stage = request.stages > 1 ? `, stage ${request.stage} of ${request.stages}` : "";
    return h(
      "li",
      {},
      h("p", {}, h("strong", {}, request.requestor), ` asks for ${request.package}${stage}`),
      h(
        "div",
        { class: "row" },
        h("label", {}, h("span", {}, "As "), approver),
        reason,
        h("button", { class: "button", type: "button", onclick: decide("approve") }, "Approve"),
        h("button", { class: "button", type: "button", onclick: decide("deny") }, "Deny"),
      ),
    );
  }
}
