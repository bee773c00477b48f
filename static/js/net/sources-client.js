/**
 * Polls the list of sources every few seconds while the page is visible, and at once after a state change. Of a hub it
 * asks for the hosts, and only for the sources that are shown.
 */

import { Signal } from "../lib/signal.js";

/**
 * @typedef {object} SourceInfo
 * @property {string} id
 * @property {string} name
 * @property {string} path
 * @property {number | null} size bytes
 * @property {number | null} lines null until counted
 * @property {number | null} modified epoch milliseconds
 * @property {"open" | "missing" | "unreadable" | "absent"} state
 * @property {string | null} reason why the source is unreadable, or a fault of an open file, such as "binary: ..."
 * @property {string | null} [encoding] "unknown" if lines are not in the encoding of their file
 * @property {string | null} [host] null for a file of the server itself
 */
/** @typedef {import("../text/host-words.js").Host} Host */
/** @typedef {import("../model/filter.js").Parameter} Parameter */
/** @typedef {"signed-out" | "unreachable" | null} SourcesError */
/**
 * What to list of a hub, beside the sources of the hub itself.
 * @typedef {object} Wanted
 * @property {readonly string[]} hosts names of hosts
 * @property {readonly string[]} sources ids or names
 * @property {string} words of a search
 */

const REFRESH_MS = 5_000;
const TIMEOUT_MS = 10_000;
// A list for people: more words find fewer.
const MOST_FOUND = 200;

export class SourcesClient {
  #base;
  #isHub;
  /** @type {Wanted} */
  #wanted = { hosts: [], sources: [], words: "" };
  /** @type {Signal<readonly SourceInfo[] | null>} */
  #sources = new Signal(/** @type {readonly SourceInfo[] | null} */ (null));
  /** @type {Signal<SourcesError>} */
  #error = new Signal(/** @type {SourcesError} */ (null));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #running = false;
  #requesting = false;
  #againMs = REFRESH_MS;
  /** The hosts of a hub. @type {readonly Host[]} */
  hosts = [];
  /** The number of sources that a search found beyond those in the list. */
  notShown = 0;

  /**
   * @param {string} base
   * @param {boolean} isHub
   */
  constructor(base, isHub) {
    this.#base = `${base}api/`;
    this.#isHub = isHub;
  }

  /** Null until the first answer. @returns {import("../lib/signal.js").Readable<readonly SourceInfo[] | null>} */
  get sources() {
    return this.#sources;
  }

  /** Why the list may be outdated. @returns {import("../lib/signal.js").Readable<SourcesError>} */
  get error() {
    return this.#error;
  }

  start() {
    this.#running = true;
    void this.refresh();
  }

  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** List other sources of a hub from now on. @param {Partial<Wanted>} wanted */
  want(wanted) {
    const next = { ...this.#wanted, ...wanted };
    if (!this.#isHub || JSON.stringify(next) === JSON.stringify(this.#wanted)) return;
    this.#wanted = next;
    void this.refresh(0);
  }

  /**
   * Return the ids of the sources that these parameters choose; null when the request failed.
   * @param {readonly Parameter[]} parameters
   * @returns {Promise<string[] | null>}
   */
  async choose(parameters) {
    const answer = await this.#get(`sources?${new URLSearchParams([...parameters])}`);
    return answer?.body ? answer.body.map(({ id }) => id) : null;
  }

  /**
   * Request the list. There is one request at a time; a call during a request is served after it.
   * @param {number} [againMs] how long after it
   */
  async refresh(againMs = 1_000) {
    this.#againMs = Math.min(this.#againMs, againMs);
    if (this.#requesting) return;
    clearTimeout(this.#timer);
    this.#requesting = true;
    this.#againMs = REFRESH_MS;
    try {
      await this.#request();
    } finally {
      this.#requesting = false;
    }
    if (this.#running) this.#timer = setTimeout(() => void this.refresh(), this.#againMs);
  }

  async #request() {
    const { hosts, sources, words } = this.#wanted;
    const lists = this.#isHub
      ? [
          "hosts",
          `sources?${new URLSearchParams(["", ...hosts].map((host) => ["host", host]))}`,
          ...(sources.length > 0 ? [`sources?${new URLSearchParams(sources.map((source) => ["source", source]))}`] : []),
          ...(words ? [`sources?${new URLSearchParams({ q: words, count: String(MOST_FOUND) })}`] : []),
        ]
      : ["sources"];
    const answers = await Promise.all(lists.map((list) => this.#get(list)));
    if (answers.every((answer) => answer?.body)) {
      const bodies = answers.map((answer) => answer?.body ?? []);
      if (this.#isHub) this.hosts = bodies.shift() ?? [];
      this.notShown = words ? Math.max(0, (answers.at(-1)?.total ?? 0) - MOST_FOUND) : 0;
      this.#sources.set([...new Map(bodies.flat().map((source) => [source.id, source])).values()]);
      this.#error.set(null);
    } else {
      this.#error.set(answers.some((answer) => answer?.status === 401) ? "signed-out" : "unreachable");
    }
  }

  /**
   * @param {string} list
   * @returns {Promise<{status: number, total: number, body: any[] | null} | null>} null when the request failed
   */
  async #get(list) {
    try {
      const response = await fetch(this.#base + list, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
      const total = Number(response.headers.get("x-total-count"));
      return { status: response.status, total, body: response.ok ? await response.json() : null };
    } catch (error) {
      // No network, our timeout, or an answer that is not JSON, such as a proxy's error page.
      const known = [TypeError, DOMException, SyntaxError].some((type) => error instanceof type);
      if (!known) throw error;
      return null;
    }
  }
}
