/** The query string of the page: the only one that reads or writes it. */

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
   * One entry for each pane, at least one. Changes with each choice and with "back", never by `setPosition`: there `at` is
   * only kept for later. So a pane whose sources are as before moves only if its `at` is not the one last placed.
   * @returns {import("../lib/signal.js").Readable<readonly PaneQuery[]>}
   */
  get query() {
    return this.#query;
  }

  /**
   * The reader chose, so "back" leads to what was before. A choice begins at the end; the filter stays on.
   * @param {number} pane
   * @param {readonly string[]} sources
   * @param {string | null} [at]
   * @param {Filter} [filter]
   */
  choose(pane, sources, at = null, filter = this.#paneQuery(pane).filter) {
    this.#navigate(this.#with(pane, { sources, at, filter }), true);
  }

  /**
   * Other lines of the same sources, or other hits in them.
   * @param {number} pane
   * @param {Filter} filter
   * @param {{at?: string | null, canGoBack?: boolean}} [how] `at` is where it stands unless it is said; typing leaves
   *   nothing to go back to
   */
  refine(pane, filter, { at = this.#paneQuery(pane).at, canGoBack = true } = {}) {
    this.#navigate(this.#with(pane, { sources: this.#paneQuery(pane).sources, at, filter }), canGoBack);
  }

  /**
   * The page chose for the reader, who has nothing to go back to; where to begin stays.
   * @param {number} pane
   * @param {readonly string[]} sources
   */
  setDefault(pane, sources) {
    this.#navigate(this.#with(pane, { ...this.#paneQuery(pane), sources }), false);
  }

  /**
   * A second pane, beside the one there is.
   * @param {readonly string[]} sources
   * @param {string | null} [at]
   * @param {Filter} [filter]
   */
  split(sources, at = null, filter = NO_FILTER) {
    const panes = readQuery(location.search);
    if (panes.length < MOST_PANES) this.#navigate([...panes, { sources, at, filter }], true);
  }

  /** @param {number} pane goes, unless it is the only one; those after it move up */
  close(pane) {
    const panes = readQuery(location.search);
    if (panes.length > 1) this.#navigate(panes.toSpliced(pane, 1), true);
  }

  /**
   * Where a pane stands now. Browsers limit how often this may be called: a few times a second at most.
   * @param {number} pane
   * @param {string | null} at null at the end
   */
  setPosition(pane, at) {
    const panes = readQuery(location.search);
    if (!panes[pane] || panes[pane].at === at) return;
    const placed = panes.with(pane, { ...panes[pane], at });
    history.replaceState(null, "", writeQuery(placed, location.search));
  }

  /**
   * A link that shows these lines from one on, and nothing else of the page.
   * @param {readonly string[]} sources
   * @param {string | null} at
   * @param {Filter} filter
   * @returns {string} absolute
   */
  link(sources, at, filter) {
    return new URL(writeQuery([{ sources, at, filter }], location.search), location.href.replace(/[?#].*$/, "")).href;
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
