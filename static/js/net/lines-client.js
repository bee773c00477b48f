/** Client of `/api/lines`. */

import { requestJson } from "./json-request.js";

/** @typedef {import("../model/file-document.js").LinesAnswer} LinesAnswer */

export class LinesClient {
  #endpoint;
  #answered;

  /**
   * @param {string} endpoint URL of `/api/lines`
   * @param {(absent?: readonly string[]) => void} answered called with the hosts that are missing in an answer
   */
  constructor(endpoint, answered) {
    this.#endpoint = endpoint;
    this.#answered = answered;
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
    /** @type {LinesAnswer | {error: string} | null} */
    const answer = await requestJson(`${this.#endpoint}?${new URLSearchParams([...more, ...one])}`);
    if (answer && "lines" in answer) this.#answered(answer.absent);
    return answer;
  }
}
