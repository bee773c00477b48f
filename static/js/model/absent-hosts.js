/** The hosts of a view that are away, as its stream and its answers say. */

export class AbsentHosts {
  #hostOf;
  /** Ids of the sources that the stream calls absent. @type {Set<string>} */
  #sources = new Set();
  /** Names of the hosts whose lines are missing in the document. @type {Set<string>} */
  #missing = new Set();
  /** Names of the hosts whose lines the histogram does not count. @type {readonly string[]} */
  #uncounted = [];

  /** @param {(source: string) => string | null} hostOf returns the name of the host of a source; null while unknown */
  constructor(hostOf) {
    this.#hostOf = hostOf;
  }

  /** Names in order. @returns {string[]} */
  get names() {
    return [...new Set([...this.#hosts, ...this.#missing, ...this.#uncounted])].sort();
  }

  /**
   * @param {readonly string[]} [absent] the hosts that are missing in an answer with lines
   * @returns {boolean} whether it has lines of a host that are missing in the document
   */
  linesCame(absent = []) {
    const hasOthers = [...this.#missing].some((host) => !absent.includes(host));
    for (const host of absent) this.#missing.add(host);
    return hasOthers;
  }

  /** @param {readonly string[]} [absent] the hosts that are missing in a histogram */
  countsCame(absent = []) {
    this.#uncounted = absent;
  }

  /**
   * @param {{source: string, state: string}} event
   * @returns {"repeated" | "returned" | null} "repeated" if the stream has called the host absent before; "returned" if
   *   the host is back, and lines of it are missing in the document
   */
  changed({ source, state }) {
    const host = this.#hostOf(source);
    if (state === "absent") {
      const isRepeated = this.#hosts.includes(host ?? "");
      this.#sources.add(source);
      return isRepeated ? "repeated" : null;
    }
    this.#sources.delete(source);
    return this.#missing.has(host ?? "") ? "returned" : null;
  }

  get #hosts() {
    return [...this.#sources].flatMap((source) => this.#hostOf(source) ?? []);
  }

  /** Call for a new document. */
  documentOpened() {
    this.#missing.clear();
  }

  /**
   * Call for a new stream, which does not repeat that a host is back.
   * @returns {boolean} whether lines are missing in the document
   */
  streamOpened() {
    this.#sources.clear();
    return this.#missing.size > 0;
  }
}
