// @ts-check
/** @import { Control } from "./control.js" */
/** @import { Live } from "./live.js" */

/** The sandbox's clock, read once and then followed. Dispatches "changed" when it was moved, held or released. */
export class Clock extends EventTarget {
  isFrozen = false;
  #told = Date.now();
  #heardAt = performance.now();

  /**
   * @param {Control} control
   * @param {Live} live
   */
  constructor(control, live) {
    super();
    this.control = control;
    live.on("clock", (state) => this.#take(state));
    live.on("reset", () => void this.read());
    live.on("back", () => void this.read());
  }

  async read() {
    this.#take(await this.control.get("clock"));
  }

  /** @param {{advance?: string, freeze?: boolean, resume?: boolean}} change */
  async change(change) {
    this.#take(await this.control.post("clock", change));
  }

  get now() {
    const passed = this.isFrozen ? 0 : performance.now() - this.#heardAt;
    return new Date(this.#told + passed);
  }

  /** @param {{now: string, frozen: boolean}} state */
  #take(state) {
    this.#told = Date.parse(state.now);
    this.#heardAt = performance.now();
    this.isFrozen = state.frozen;
    this.dispatchEvent(new Event("changed"));
  }
}
