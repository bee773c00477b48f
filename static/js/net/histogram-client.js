/** Requests a histogram until it is complete, and again on demand. */

import { Signal } from "../lib/signal.js";
import { requestJson } from "./json-request.js";

/** @typedef {import("../model/filter.js").Parameter} Parameter */
/** @typedef {import("../model/histogram.js").HistogramAnswer} HistogramAnswer */

const INCOMPLETE_MS = 400;
// Lines have priority: for a histogram the server reads whole files.
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

  /** @param {string} endpoint URL of `/api/histogram` */
  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  /** Null until the first answer. @returns {import("../lib/signal.js").Readable<HistogramAnswer | null>} */
  get counts() {
    return this.#counts;
  }

  /** Request the histogram of another view. @param {readonly Parameter[]} query empty to stop */
  show(query) {
    const wanted = new URLSearchParams(/** @type {Parameter[]} */ (query)).toString();
    if (wanted === this.#query) return;
    this.#query = wanted;
    if (wanted === "") this.#counts.set(null);
    clearTimeout(this.#timer);
    if (this.#counts.value) void this.refresh();
    else this.#timer = setTimeout(() => void this.refresh(), FIRST_DELAY_MS);
  }

  /** Request the histogram again. There is one request at a time; a call during a request is served after it. */
  async refresh() {
    clearTimeout(this.#timer);
    this.#again = this.#requesting;
    if (this.#requesting || this.#query === "") return;
    this.#requesting = true;
    const query = this.#query;
    /** @type {HistogramAnswer | {error: string} | null} */
    const counts = await requestJson(`${this.#endpoint}?${query}`);
    this.#requesting = false;
    if (this.#again || query !== this.#query) return void this.refresh();
    if (!counts || "error" in counts) return;
    this.#counts.set(counts);
    if (!counts.complete) this.#timer = setTimeout(() => void this.refresh(), INCOMPLETE_MS);
  }

  close() {
    this.#query = "";
    clearTimeout(this.#timer);
  }
}
