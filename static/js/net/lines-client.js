/** Lines by position: asked for with fetch, one answer at a time as a value. */

import { detailOf } from "./answer.js";

/** @typedef {import("../model/file-document.js").LinesAnswer} LinesAnswer */

const TIMEOUT_MS = 20_000;

export class LinesClient {
  #endpoint;

  /** @param {string} endpoint the URL of `/api/lines` */
  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * @param {Record<string, string | number>} query
   * @param {readonly import("../model/filter.js").Parameter[]} [more] those that may come more than once
   * @returns {Promise<LinesAnswer | "gone" | null>} "gone" when the server knows no such place; null when it failed
   */
  async load(query, more = []) {
    const answer = await this.request(query, more);
    return answer && ("error" in answer ? "gone" : answer);
  }

  /**
   * @param {Record<string, string | number>} query
   * @param {readonly import("../model/filter.js").Parameter[]} more
   * @returns {Promise<LinesAnswer | {error: string} | null>} what is wrong with it, in words; null when it failed
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
      // No network, our timeout, or an answer that is no JSON, as from a proxy in between.
      const known = [TypeError, DOMException, SyntaxError].some((type) => error instanceof type);
      if (!known) throw error;
      return null;
    }
  }
}
