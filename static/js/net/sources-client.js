/** Polls the list of sources every few seconds while the page is visible, and at once after a state change. */

import { Signal } from "../lib/signal.js";

/**
 * @typedef {object} SourceInfo
 * @property {string} id
 * @property {string} name
 * @property {string} path
 * @property {number | null} size bytes
 * @property {number | null} lines null until counted
 * @property {number | null} modified epoch milliseconds
 * @property {"open" | "missing" | "unreadable"} state
 * @property {string | null} reason why the source is unreadable, or a fault of an open file, such as "binary: ..."
 * @property {string | null} [encoding] "unknown" if lines are not in the encoding of their file
 */
/** @typedef {"signed-out" | "unreachable" | null} SourcesError */

const REFRESH_MS = 5_000;
const TIMEOUT_MS = 10_000;

export class SourcesClient {
  #endpoint;
  /** @type {Signal<readonly SourceInfo[] | null>} */
  #sources = new Signal(/** @type {readonly SourceInfo[] | null} */ (null));
  /** @type {Signal<SourcesError>} */
  #error = new Signal(/** @type {SourcesError} */ (null));
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #running = false;
  #requesting = false;
  #again = false;

  /** @param {string} endpoint */
  constructor(endpoint) {
    this.#endpoint = endpoint;
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

  /** Request the list. There is one request at a time; a call during a request is served after it. */
  async refresh() {
    if (this.#requesting) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#requesting = true;
    this.#again = false;
    try {
      await this.#request();
    } finally {
      this.#requesting = false;
    }
    if (this.#running) this.#timer = setTimeout(() => void this.refresh(), this.#again ? 1_000 : REFRESH_MS);
  }

  async #request() {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await fetch(this.#endpoint, { cache: "no-store", signal });
      if (response.ok) this.#sources.set(await response.json());
      this.#error.set(response.ok ? null : response.status === 401 ? "signed-out" : "unreachable");
    } catch (error) {
      // No network, our timeout, or an answer that is not JSON, such as a proxy's error page.
      const known = [TypeError, DOMException, SyntaxError].some((type) => error instanceof type);
      if (!known) throw error;
      this.#error.set("unreachable");
    }
  }
}
