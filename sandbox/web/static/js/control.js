// @ts-check
/** A request that the control plane did not carry out. `message` is its own sentence, meant for people. */
export class ControlError extends Error {
  /**
   * @param {number} status 0 when the sandbox did not answer at all
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The sandbox's control plane: paths are those of /control/openapi.json without the beginning. */
export class Control {
  /**
   * @param {string} path
   * @param {Record<string, string | number | boolean>} [query]
   * @returns {Promise<any>}
   */
  get(path, query = {}) {
    return this.#send("GET", path, query);
  }

  /**
   * @param {string} path
   * @param {object} [body]
   * @returns {Promise<any>}
   */
  post(path, body = {}) {
    return this.#send("POST", path, {}, body);
  }

  /**
   * @param {string} path
   * @param {Record<string, string | number | boolean>} [query]
   * @returns {Promise<any>}
   */
  delete(path, query = {}) {
    return this.#send("DELETE", path, query);
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {Record<string, string | number | boolean>} query
   * @param {object} [body]
   */
  async #send(method, path, query, body) {
    const words = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    const address = `/control/${path}${words.size ? `?${words}` : ""}`;
    const headers = body ? { "Content-Type": "application/json" } : undefined;
    let answer;
    try {
      answer = await fetch(address, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
    } catch {
      throw new ControlError(0, "The sandbox does not answer.");
    }
    const value = await answer.json().catch(() => null);
    if (!answer.ok) throw new ControlError(answer.status, value?.error?.message ?? `The sandbox answered ${answer.status}.`);
    return value;
  }
}
