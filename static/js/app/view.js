/** What a pane shows, and how the server is asked for it: sources, and what is wanted of their lines. */

import { FileDocument } from "../model/file-document.js";
import { toQueryString, viewParameters } from "../model/filter.js";
import { ViewDocument } from "../model/view-document.js";

/** @typedef {import("../model/filter.js").Filter} Filter */
/** @typedef {import("../model/filter.js").Parameter} Parameter */
/** @typedef {Record<string, string | number>} Query */

export class View {
  #linesClient;
  #parameters;
  #spans;

  /**
   * @param {readonly string[]} sources
   * @param {Filter} filter
   * @param {import("../net/lines-client.js").LinesClient} linesClient
   */
  constructor(sources, filter, linesClient) {
    this.sources = sources;
    this.filter = filter;
    this.#linesClient = linesClient;
    this.#parameters = viewParameters(filter);
    /** Where a pattern is in a line, the server alone knows. @type {Parameter[]} */
    this.#spans = filter.regex && this.isFiltered ? [["spans", "true"]] : [];
  }

  /** Whether lines are left out. */
  get isFiltered() {
    return this.#parameters.length > 0;
  }

  /** Whether lines that do not match are shown with those that do. */
  get hasContext() {
    const { context, records } = this.filter;
    return this.isFiltered && (context > 0 || records);
  }

  /** What a stream of it has, as the server's parameters. */
  get streamFilter() {
    return toQueryString([...this.#parameters, ...this.#spans]);
  }

  /**
   * Lines of its sources.
   * @param {Query} query
   * @param {readonly Parameter[]} [parameters] instead of those that it shows
   */
  requestLines(query, parameters = this.#parameters) {
    return this.#linesClient.request({ places: "true", ...query }, [...this.#sourceParameters, ...parameters]);
  }

  /**
   * The lines of a source next to one, whether they are part of the view or not.
   * @param {string} source
   * @param {string} at the cursor of the line
   * @param {number} count of those before it, and of those after it
   * @returns {Promise<{before: string[], after: string[]} | null>} null when the server did not give them
   */
  async around(source, at, count) {
    const requestLines = (/** @type {Query} */ query) => this.#linesClient.load(query, [["source", source]]);
    const [before, after] = await Promise.all([requestLines({ before: at, count }), requestLines({ at, count: count + 1 })]);
    if (!before || before === "gone" || !after || after === "gone") return null;
    return { before: before.lines.map(({ text }) => text), after: after.lines.slice(1).map(({ text }) => text) };
  }

  /** Its lines as one surface. @param {Omit<import("../model/file-document.js").DocumentHost, "load">} host */
  document(host) {
    const all = [...this.#sourceParameters, ...this.#parameters, ...this.#spans];
    const loading = { ...host, load: (/** @type {Query} */ query) => this.#linesClient.load(query, all) };
    const isFile = this.sources.length === 1 && !this.isFiltered;
    return isFile ? new FileDocument(this.sources[0], loading) : new ViewDocument(loading, { isMerged: this.sources.length > 1, isWhole: !this.isFiltered });
  }

  /** @returns {Parameter[]} */
  get #sourceParameters() {
    return this.sources.map((id) => ["source", id]);
  }
}
