/** Runs one search at a time and reports its hits and progress. */

import { createParser } from "../../vendor/eventsource-parser/index.js";
import { Signal } from "../lib/signal.js";
import { fetchEventStream } from "./answer.js";

/** @typedef {import("../model/filter.js").Parameter} Parameter */
/**
 * @typedef {object} SearchProgress
 * @property {number} matches
 * @property {number} done bytes searched
 * @property {number} size bytes in total
 * @property {readonly number[]} marks hits in each of equal parts of the files, oldest part first
 * @property {readonly PatternHint[]} [hints]
 */
/**
 * A part of a regular expression that the server reads otherwise than most people expect.
 * @typedef {object} PatternHint
 * @property {string} text the regular expression
 * @property {string} hint
 * @property {string} rewrite the regular expression as it was probably meant
 */
/**
 * @typedef {{name: "idle"} | {name: "running", progress: SearchProgress | null}
 *   | {name: "done", progress: SearchProgress, absent?: readonly string[]} | {name: "invalid", detail: string} | {name: "failed"}} SearchState
 */

const MARK_COUNT = 200;

export class SearchClient {
  #endpoint;
  /** @type {Signal<SearchState>} */
  #state = new Signal(/** @type {SearchState} */ ({ name: "idle" }));
  /** @type {AbortController | null} */
  #request = null;

  /** @param {string} endpoint URL of `/api/search` */
  constructor(endpoint) {
    this.#endpoint = endpoint;
  }

  /** @returns {import("../lib/signal.js").Readable<SearchState>} */
  get state() {
    return this.#state;
  }

  /**
   * Start a search and cancel the one before.
   * @param {readonly string[]} sources
   * @param {readonly Parameter[]} query
   * @param {boolean} [quietly] keep the displayed result until the new one is complete, because the search is the same
   */
  start(sources, query, quietly = false) {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    if (!quietly) this.#state.set({ name: "running", progress: null });
    void this.#run(request, [...sources.map((id) => /** @type {Parameter} */ (["source", id])), ...query], quietly);
  }

  stop() {
    this.#request?.abort();
    this.#request = null;
    this.#state.set({ name: "idle" });
  }

  /**
   * @param {AbortController} request
   * @param {Parameter[]} query
   * @param {boolean} quietly
   */
  async #run(request, query, quietly) {
    const params = new URLSearchParams([...query, ["quiet", "true"], ["marks", String(MARK_COUNT)]]);
    const url = `${this.#endpoint}?${params}`;
    const answer = await fetchEventStream(url, request.signal, (input, init) => fetch(input, init));
    if (this.#request !== request) return;
    if (answer.kind === "refused") this.#state.set({ name: "invalid", detail: answer.detail });
    else if (answer.kind === "stream") await this.#read(answer.response, request, quietly);
    else if (!quietly) this.#state.set({ name: "failed" });
  }

  /**
   * @param {Response} response
   * @param {AbortController} request
   * @param {boolean} quietly
   */
  async #read(response, request, quietly) {
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    /** @type {SearchProgress | null} */
    let progress = null;
    /** @type {readonly string[] | undefined} */
    let absent;
    const parser = createParser({
      onEvent: ({ event, data }) => {
        if (event === "progress") progress = JSON.parse(data);
        else if (event === "end") ({ absent } = JSON.parse(data));
      },
    });
    for (;;) {
      // Any failed read ends the search.
      const chunk = await reader?.read().catch(() => undefined);
      if (this.#request !== request) return;
      if (!chunk?.value) break;
      parser.feed(decoder.decode(chunk.value, { stream: true }));
      if (progress && !quietly) this.#state.set({ name: "running", progress });
    }
    if (progress) this.#state.set({ name: "done", progress, absent });
    else if (!quietly) this.#state.set({ name: "failed" });
  }
}
