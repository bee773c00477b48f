/** A view: sources and a filter, and the requests for its lines. */

import { FileDocument } from "../model/file-document.js";
import { toQueryString, viewParameters } from "../model/filter.js";
import { ViewDocument } from "../model/view-document.js";

/** @typedef {import("../model/filter.js").Filter} Filter */
/** @typedef {import("../model/filter.js").Parameter} Parameter */
/** @typedef {Record<string, string | number>} Query */

export class View {
  #linesClient;
  #answered;
  #parameters;
  #spans;

  /**
   * @param {readonly string[]} sources
   * @param {Filter} filter
   * @param {import("../net/lines-client.js").LinesClient} linesClient
   * @param {(absent?: readonly string[]) => void} answered called with the hosts that are missing in an answer
   */
  constructor(sources, filter, linesClient, answered) {
    this.sources = sources;
    this.filter = filter;
    this.#linesClient = linesClient;
    this.#answered = answered;
    this.#parameters = viewParameters(filter);
    /** Only the server knows the matches of a pattern. @type {Parameter[]} */
    this.#spans = filter.regex && this.isFiltered ? [["spans", "true"]] : [];
  }

  /** Whether lines are filtered out. */
  get isFiltered() {
    return this.#parameters.length > 0;
  }

  /** Whether context lines are shown with matches. */
  get hasContext() {
    const { context, records } = this.filter;
    return this.isFiltered && (context > 0 || records);
  }

  /** Parameters of the view's stream. */
  get streamFilter() {
    return toQueryString([...this.#parameters, ...this.#spans]);
  }

  /**
   * Request lines of the view's sources.
   * @param {Query} query
   * @param {readonly Parameter[]} [parameters] replace the parameters of the view
   */
  async requestLines(query, parameters = this.#parameters) {
    const all = [...this.#sourceParameters, ...parameters];
    const answer = await this.#linesClient.request({ places: "true", ...query }, all);
    if (answer && "lines" in answer) this.#answered(answer.absent);
    return answer;
  }

  /**
   * Load the lines before and after a line in its file, including lines outside the view.
   * @param {string} source
   * @param {string} at cursor of the line
   * @param {number} count number of lines on each side
   * @returns {Promise<{before: string[], after: string[]} | null>} null when a request failed
   */
  async around(source, at, count) {
    const load = (/** @type {Query} */ query) => this.#linesClient.load(query, [["source", source]]);
    const [before, after] = await Promise.all([load({ before: at, count }), load({ at, count: count + 1 })]);
    if (!before || before === "gone" || !after || after === "gone") return null;
    return { before: before.lines.map(({ text }) => text), after: after.lines.slice(1).map(({ text }) => text) };
  }

  /** Create the document of the view. @param {Omit<import("../model/file-document.js").DocumentHost, "load">} host */
  document(host) {
    const all = [...this.#sourceParameters, ...this.#parameters, ...this.#spans];
    const load = async (/** @type {Query} */ query) => {
      const answer = await this.#linesClient.load(query, all);
      if (answer && answer !== "gone") this.#answered(answer.absent);
      return answer;
    };
    const loading = { ...host, load };
    const isFile = this.sources.length === 1 && !this.isFiltered;
    if (isFile) return new FileDocument(this.sources[0], loading);
    return new ViewDocument(loading, { isMerged: this.sources.length > 1, isWhole: !this.isFiltered });
  }

  /** @returns {Parameter[]} */
  get #sourceParameters() {
    return this.sources.map((id) => ["source", id]);
  }
}
