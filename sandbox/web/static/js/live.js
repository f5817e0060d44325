// @ts-check
const KINDS = ["chat", "typing", "graph", "entitlement", "person", "clock", "faults", "teams", "reset"];
const AGAIN_AFTER_MS = 2_000;

/**
 * What happens in the sandbox, as it happens. Dispatches a CustomEvent per kind, with the event's data as `detail`;
 * "lost" when the connection goes, and "back" when it is there again: what happened in between is not repeated.
 */
export class Live extends EventTarget {
  #wasLost = false;

  connect() {
    const source = new EventSource(`/control/events?kinds=${KINDS.join(",")}`);
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        this.dispatchEvent(new CustomEvent(kind, { detail: JSON.parse(event.data) }));
      });
    }
    source.addEventListener("open", () => {
      if (this.#wasLost) this.dispatchEvent(new CustomEvent("back"));
      this.#wasLost = false;
    });
    source.addEventListener("error", () => {
      if (!this.#wasLost) this.dispatchEvent(new CustomEvent("lost"));
      this.#wasLost = true;
      // A browser tries again by itself after a broken line, but not after an answer that is no stream.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.connect(), AGAIN_AFTER_MS);
    });
  }

  /**
   * @param {string} kind
   * @param {(data: any) => void} heard
   */
  on(kind, heard) {
    this.addEventListener(kind, (event) => heard(/** @type {CustomEvent} */ (event).detail));
  }
}
