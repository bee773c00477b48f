/** The page's query string. No other module reads or writes it. */

import { Signal } from "../lib/signal.js";
import { NO_FILTER } from "../model/filter.js";
import { MOST_PANES, readQuery, writeQuery } from "../model/query.js";

/** @typedef {import("../model/filter.js").Filter} Filter */
/** @typedef {import("../model/query.js").PaneQuery} PaneQuery */

export class Address {
  #query = new Signal(readQuery(location.search));

  constructor() {
    window.addEventListener("popstate", () => this.#query.set(readQuery(location.search)));
  }

  /**
   * The query of each pane; at least one. It changes with each selection and with the back button, but not with
   * `setPosition`, which only stores `at`. A pane with unchanged sources moves only if its `at` differs from the last
   * stored one.
   * @returns {import("../lib/signal.js").Readable<readonly PaneQuery[]>}
   */
  get query() {
    return this.#query;
  }

  /**
   * Show other sources at their end and keep the filter. The back button returns to the former ones.
   * @param {number} pane
   * @param {readonly string[]} sources
   * @param {string | null} [at]
   * @param {Filter} [filter]
   */
  choose(pane, sources, at = null, filter = this.#paneQuery(pane).filter) {
    this.#navigate(this.#with(pane, { sources, at, filter }), true);
  }

  /**
   * Change the filter of a pane.
   * @param {number} pane
   * @param {Filter} filter
   * @param {{at?: string | null, canGoBack?: boolean}} [options] `at` defaults to the current position; typed changes
   *   leave no history entry
   */
  refine(pane, filter, { at = this.#paneQuery(pane).at, canGoBack = true } = {}) {
    this.#navigate(this.#with(pane, { ...this.#paneQuery(pane), at, filter }), canGoBack);
  }

  /**
   * Select sources for the user. This leaves no history entry and keeps the position.
   * @param {number} pane
   * @param {readonly string[]} sources
   */
  setDefault(pane, sources) {
    this.#navigate(this.#with(pane, { ...this.#paneQuery(pane), sources }), false);
  }

  /**
   * Add a second pane beside the first.
   * @param {readonly string[]} sources
   * @param {string | null} [at]
   * @param {Filter} [filter]
   */
  split(sources, at = null, filter = NO_FILTER) {
    const panes = readQuery(location.search);
    if (panes.length < MOST_PANES) this.#navigate([...panes, { sources, at, filter }], true);
  }

  /** @param {number} pane removed unless it is the only one; the next pane takes its index */
  close(pane) {
    const panes = readQuery(location.search);
    if (panes.length > 1) this.#navigate(panes.toSpliced(pane, 1), true);
  }

  /**
   * Store the position of a pane. Browsers limit this to a few calls per second.
   * @param {number} pane
   * @param {string | null} at null at the end
   */
  setPosition(pane, at) {
    const panes = readQuery(location.search);
    if (!panes[pane] || panes[pane].at === at) return;
    const moved = panes.with(pane, { ...panes[pane], at });
    history.replaceState(null, "", writeQuery(moved, location.search));
  }

  /**
   * Return a link that shows the sources of a pane from one line on, and nothing else of the page.
   * @param {number} pane
   * @param {string | null} at
   * @param {Filter} filter
   * @returns {string} absolute URL
   */
  link(pane, at, filter) {
    const query = { ...this.#paneQuery(pane), at, filter };
    return new URL(writeQuery([query], location.search), location.href.replace(/[?#].*$/, "")).href;
  }

  /** @param {number} pane @returns {PaneQuery} */
  #paneQuery(pane) {
    return readQuery(location.search)[pane] ?? { sources: [], at: null, filter: NO_FILTER };
  }

  /**
   * @param {number} pane
   * @param {PaneQuery} query
   */
  #with(pane, query) {
    const panes = [...readQuery(location.search)];
    panes[Math.min(pane, panes.length)] = query;
    return panes;
  }

  /**
   * @param {readonly PaneQuery[]} panes
   * @param {boolean} canGoBack
   */
  #navigate(panes, canGoBack) {
    const search = writeQuery(panes, location.search);
    if (canGoBack) history.pushState(null, "", search);
    else history.replaceState(null, "", search);
    this.#query.set(panes);
  }
}
