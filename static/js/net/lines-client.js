/** Client of `/api/lines`. */

import { detailOf } from "./answer.js";

/** @typedef {import("../model/file-document.js").LinesAnswer} LinesAnswer */

const TIMEOUT_MS = 20_000;

export class LinesClient {
  #endpoint;

  /** @param {string} endpoint URL of `/api/lines` */
  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * @param {Record<string, string | number>} query
   * @param {readonly import("../model/filter.js").Parameter[]} [more] repeatable parameters
   * @returns {Promise<LinesAnswer | "gone" | null>} "gone" if the server refused the query or no longer has the line;
   *   null when the request failed
   */
  async load(query, more = []) {
    const answer = await this.request(query, more);
    return answer && ("error" in answer ? "gone" : answer);
  }

  /**
   * @param {Record<string, string | number>} query
   * @param {readonly import("../model/filter.js").Parameter[]} more
   * @returns {Promise<LinesAnswer | {error: string} | null>} `error` is the server's message; null when the request
   *   failed
   */
  async request(query, more) {
    const one = Object.entries(query).map(([name, value]) => /** @type {[string, string]} */ ([name, String(value)]));
    const params = new URLSearchParams([...more, ...one]);
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(`${this.#endpoint}?${params}`, { cache: "no-store", signal });
      if (response.status === 404 || response.status === 422) return { error: await detailOf(response) };
      return response.ok ? await response.json() : null;
    } catch (error) {
      // No network, our timeout, or an answer that is not JSON, such as a proxy's error page.
      const known = [TypeError, DOMException, SyntaxError].some((type) => error instanceof type);
      if (!known) throw error;
      return null;
    }
  }
}
