/** Client of `/api/explain`. */

import { requestJson } from "./json-request.js";

/** @typedef {import("../text/explanation.js").Explanation} Explanation */

export class ExplanationClient {
  #endpoint;

  /** @param {string} endpoint URL of `/api/explain` */
  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * @param {string} source
   * @param {string} at cursor of the line
   * @returns {Promise<Explanation | {error: string} | null>} `error` is the server's message; null when the request
   *   failed
   */
  request(source, at) {
    return requestJson(`${this.#endpoint}?${new URLSearchParams({ source, at })}`);
  }
}
