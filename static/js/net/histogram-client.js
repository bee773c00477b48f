/** How many lines there are over time: asked for again until it is complete, and when there may be more. */

import { Signal } from "../lib/signal.js";

/** @typedef {import("../model/filter.js").Parameter} Parameter */
/** @typedef {import("../model/histogram.js").HistogramAnswer} HistogramAnswer */

const TIMEOUT_MS = 20_000;
const INCOMPLETE_MS = 400;
// The lines come first: for this the server looks through whole files.
const FIRST_DELAY_MS = 400;

export class HistogramClient {
  #endpoint;
  /** @type {Signal<HistogramAnswer | null>} */
  #counts = new Signal(/** @type {HistogramAnswer | null} */ (null));
  #query = "";
  #requesting = false;
  #again = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} endpoint the URL of `/api/histogram` */
  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  /** Null until the first answer. @returns {import("../lib/signal.js").Readable<HistogramAnswer | null>} */
  get counts() {
    return this.#counts;
  }

  /** Of other lines from now on. @param {readonly Parameter[]} query none rests */
  show(query) {
    const wanted = new URLSearchParams(/** @type {Parameter[]} */ (query)).toString();
    if (wanted === this.#query) return;
    this.#query = wanted;
    if (wanted === "") this.#counts.set(null);
    clearTimeout(this.#timer);
    if (this.#counts.value) void this.refresh();
    else this.#timer = setTimeout(() => void this.refresh(), FIRST_DELAY_MS);
  }

  /** One request at a time; news during one is asked for after it. */
  async refresh() {
    clearTimeout(this.#timer);
    this.#again = this.#requesting;
    if (this.#requesting || this.#query === "") return;
    this.#requesting = true;
    const query = this.#query;
    const counts = await this.#request(query);
    this.#requesting = false;
    if (this.#again || query !== this.#query) return void this.refresh();
    if (counts) this.#counts.set(counts);
    if (counts && !counts.complete) this.#timer = setTimeout(() => void this.refresh(), INCOMPLETE_MS);
  }

  close() {
    this.#query = "";
    clearTimeout(this.#timer);
  }

  /** @param {string} query @returns {Promise<HistogramAnswer | null>} null when it failed */
  async #request(query) {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetch(`${this.#endpoint}?${query}`, { cache: "no-store", signal });
      return response.ok ? await response.json() : null;
    } catch (error) {
      // No network, our timeout, or an answer that is no JSON, as from a proxy in between.
      const known = [TypeError, DOMException, SyntaxError].some((type) => error instanceof type);
      if (!known) throw error;
      return null;
    }
  }
}
