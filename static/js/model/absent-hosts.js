/** The hosts of a view that are away, as its stream and its answers say. */

export class AbsentHosts {
  #hostOf;
  /** Ids of the sources that the stream calls absent. @type {Set<string>} */
  #sources = new Set();
  /** @type {Set<string>} */
  #answered = new Set();

  /** @param {(source: string) => string | null} hostOf returns the name of the host of a source; null while unknown */
  constructor(hostOf) {
    this.#hostOf = hostOf;
  }

  /** Names in order. @returns {string[]} */
  get names() {
    return [...new Set([...this.#hosts, ...this.#answered])].sort();
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
      const isRepeated = this.#hosts.includes(host ?? "");
      this.#sources.add(source);
      return isRepeated ? "repeated" : null;
    }
    this.#sources.delete(source);
    return this.#answered.delete(host ?? "") ? "returned" : null;
  }

  get #hosts() {
    return [...this.#sources].flatMap((source) => this.#hostOf(source) ?? []);
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
