/** Lines by position: asked for with fetch, one answer at a time as a value. */

/** @typedef {import("../model/file-document.js").LinesAnswer} LinesAnswer */

const TIMEOUT_MS = 20_000;

export class Pages {
  #endpoint;

  /** @param {string} endpoint the URL of `/api/lines` */
  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * @param {Record<string, string | number>} query
   * @returns {Promise<LinesAnswer | "gone" | null>} "gone" when the server knows no such place; null when it failed
   */
  async load(query) {
    const params = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(`${this.#endpoint}?${params}`, { cache: "no-store", signal });
      if (response.status === 404 || response.status === 422) return "gone";
      return response.ok ? await response.json() : null;
    } catch (error) {
      // No network, our timeout, or an answer that is no JSON, as from a proxy in between.
      const known = [TypeError, DOMException, SyntaxError].some((type) => error instanceof type);
      if (!known) throw error;
      return null;
    }
  }
}
