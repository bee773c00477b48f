/** The hosts of a view that are away, as its stream and its answers say. */

export class AbsentHosts {
  #hostOf;
  /** @type {Map<string, string>} host by id of the source that the stream calls absent */
  #sources = new Map();
  /** @type {Set<string>} */
  #answered = new Set();

  /** @param {(source: string) => string} hostOf returns the name of the host of a source */
  constructor(hostOf) {
    this.#hostOf = hostOf;
  }

  /** Names in order. @returns {string[]} */
  get names() {
    return [...new Set([...this.#sources.values(), ...this.#answered])].sort();
  }

  /** @param {readonly string[]} [hosts] the hosts that are missing in the latest answer */
  answered(hosts = []) {
    this.#answered = new Set(hosts);
  }

  /**
   * @param {{source: string, state: string}} event
   * @returns {"repeated" | "returned" | null} "repeated" if the stream has called the host absent before; "returned" if
   *   the host is back, and lines of it are missing in the latest answer
   */
  changed({ source, state }) {
    const host = this.#hostOf(source);
    if (state === "absent") {
      const isRepeated = [...this.#sources.values()].includes(host);
      this.#sources.set(source, host);
      return isRepeated ? "repeated" : null;
    }
    this.#sources.delete(source);
    return this.#answered.delete(host) ? "returned" : null;
  }

  /**
   * Forget everything: a new stream does not repeat that a host is back.
   * @returns {boolean} whether lines are missing in the latest answer
   */
  clear() {
    const isMissing = this.#answered.size > 0;
    this.#sources.clear();
    this.#answered.clear();
    return isMissing;
  }
}
