/** Client of `/api/lines`. */

import { requestJson } from "./json-request.js";

/** @typedef {import("../model/file-document.js").LinesAnswer} LinesAnswer */

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
  request(query, more) {
    const one = Object.entries(query).map(([name, value]) => /** @type {[string, string]} */ ([name, String(value)]));
    return requestJson(`${this.#endpoint}?${new URLSearchParams([...more, ...one])}`);
  }
}
