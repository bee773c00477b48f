/** Search and filter of the active pane: turns input and clicks into the pane's query. */

import {
  hitParameters,
  isFiltering,
  isRelative,
  matchParameters,
  NO_FILTER,
  toQueryString,
  viewParameters,
  withField,
  withLevelToggled,
  withRegexToggled,
  withText,
} from "../model/filter.js";
import { SearchClient } from "../net/search-client.js";
import { formatTime, parseTime } from "../text/time.js";
import { errorText } from "../text/words.js";
import { FilterChips } from "../ui/filter-chips.js";
import { SearchBar } from "../ui/search-bar.js";

/** @typedef {import("../model/filter.js").Filter} Filter */
/** @typedef {import("../model/filter.js").Parameter} Parameter */
/** @typedef {import("./pane.js").Pane} Pane */
/**
 * @typedef {object} SearchContext
 * @property {string} base
 * @property {() => Pane | undefined} active
 * @property {(filter: Filter, options: {at?: string, canGoBack?: boolean}) => void} refine change the active pane's
 *   query
 * @property {import("../model/settings.js").Settings} settings
 * @property {import("../model/recent-searches.js").RecentSearches} recent
 * @property {(message: string) => void} notify
 */

const REFRESH_MS = 1_000;
const MAX_TRIES = 20;

export class SearchController {
  #context;
  #bar;
  #chips;
  #client;
  #searchedQuery = "";
  #isStale = false;
  /** Runs once the server has accepted the pattern. @type {(() => void) | null} */
  #onAccepted = null;
  /** @type {Pane | undefined} the pane that shows scrollbar hits */
  #scrollbarHitsPane;

  /** @param {SearchContext} context */
  constructor(context) {
    this.#context = context;
    this.#client = new SearchClient(`${context.base}api/search`);
    this.#bar = new SearchBar(context.recent, {
      typed: (typed) => this.#applyTyped({ ...this.#filter, ...typed }),
      regex: () => this.#applyTyped(withRegexToggled(this.#filter)),
      entered: (back) => void this.#onEnter(back),
      closed: () => this.close(),
    });
    this.#chips = new FilterChips({
      refine: (filter) => void this.refine(filter),
      toggleLevel: (level) => void this.refine(withLevelToggled(this.#filter, level)),
    });
    this.#client.state.subscribe((state) => this.#handle(state));
    setInterval(() => this.#refresh(), REFRESH_MS);
    context.settings.zone.subscribe(() => this.show());
  }

  get #filter() {
    return this.#context.active()?.filter ?? NO_FILTER;
  }

  open() {
    this.#bar.open();
  }

  /** Close the search; filters stay. */
  close() {
    this.#bar.close();
    const filter = this.#filter;
    if (filter.search) void this.refine({ ...filter, search: "", only: false }, filter.only);
    else this.show();
    this.#context.active()?.focus();
  }

  clear() {
    this.#bar.close();
    void this.refine(NO_FILTER);
  }

  /** Call when lines arrived. */
  linesArrived() {
    this.#isStale = true;
  }

  /** Show the active pane's filter and start its search. */
  show() {
    const pane = this.#context.active();
    if (!pane) return;
    const { filter } = pane;
    this.#bar.show(filter, isFiltering(filter) || filter.search !== "");
    this.#chips.show(filter, (time) => this.#timeText(time));
    this.#chips.showLevels(pane.levels, filter.levels);
    this.#search(pane, filter);
    this.#showScrollbarHits();
  }

  /** Call when the number of lines per level changed. */
  showLevels() {
    const pane = this.#context.active();
    if (pane) this.#chips.showLevels(pane.levels, pane.filter.levels);
  }

  /**
   * Change the filter. Unless the pane follows the end, it stays at the current line or the next remaining one.
   * @param {Filter} filter
   * @param {boolean} [canGoBack]
   */
  async refine(filter, canGoBack = true) {
    const pane = this.#context.active();
    if (!pane) return;
    const isOtherView = toQueryString(viewParameters(filter)) !== toQueryString(viewParameters(pane.filter));
    const current = isOtherView && !pane.follow.following.value ? pane.current : null;
    const at = current && (await pane.cursorOf(current.row));
    this.#context.refine(filter, at ? { at, canGoBack } : { canGoBack });
  }

  /**
   * @param {"include" | "exclude"} list
   * @param {string} text
   */
  add(list, text) {
    void this.refine(withText(this.#filter, list, text));
  }

  /**
   * @param {"include" | "exclude"} list
   * @param {import("../text/fields.js").Field} field
   */
  addField(list, field) {
    void this.refine(withField(this.#filter, list, field));
  }

  // Jumping to hits

  /** @param {"next" | "previous"} direction */
  async jump(direction) {
    if (!this.#filter.search) return this.open();
    await this.#jump(hitParameters(this.#filter), direction, "hits");
  }

  /**
   * @param {readonly string[]} levels
   * @param {"next" | "previous"} direction
   * @param {string} noun plural, for messages
   */
  async jumpToLevel(levels, direction, noun) {
    await this.#jump(matchParameters({ ...this.#filter, levels }), direction, noun);
  }

  /**
   * @param {string} typed
   * @returns {Promise<string | null>} error message
   */
  async goToTime(typed) {
    return (await this.#context.active()?.goToTime(this.#parseTime(typed))) ?? null;
  }

  /**
   * @param {{since: string, until: string}} typed
   * @returns {Promise<string | null>} error message
   */
  async chooseTimeRange(typed) {
    const [since, until] = [typed.since, typed.until].map((text) => text && this.#parseTime(text));
    /** @type {Parameter[]} */
    const range = Object.entries({ since, until }).filter(([, time]) => time !== "");
    const answer = await this.#context.active()?.requestLines({ start: -1, count: 1 }, range);
    if (answer && "error" in answer) return answer.error;
    const pane = this.#context.active();
    const isSame = since === pane?.filter.since && until === pane.filter.until;
    // The same words again mean other times by now.
    if (pane && isSame && (isRelative(since) || isRelative(until))) pane.show(pane.sources, pane.filter, null);
    await this.refine({ ...this.#filter, since, until });
    return null;
  }

  // Internals

  /** @param {Filter} filter as typed; its pattern may be invalid */
  #applyTyped(filter) {
    const before = this.#filter;
    const apply = () => void this.refine(filter, before.search === "" && filter.search !== "");
    const pane = this.#context.active();
    this.#onAccepted = null;
    if (!filter.regex || !pane || hitParameters(filter).length === 0) return apply();
    this.#onAccepted = apply;
    this.#searchedQuery = toQueryString(hitParameters(filter));
    this.#client.start(pane.sources, hitParameters(filter));
  }

  /** @param {import("../net/search-client.js").SearchState} state */
  #handle(state) {
    this.#bar.showState(state);
    this.#showScrollbarHits();
    if (state.name === "invalid") this.#onAccepted = null;
    if (!("progress" in state) || !state.progress) return;
    const accepted = this.#onAccepted;
    this.#onAccepted = null;
    accepted?.();
  }

  #showScrollbarHits() {
    const state = this.#client.state.value;
    const pane = this.#context.active();
    if (this.#scrollbarHitsPane !== pane) this.#scrollbarHitsPane?.showScrollbarHits([]);
    this.#scrollbarHitsPane = pane;
    // Hit positions are offsets in files, so they do not fit merged or filtered lists.
    const isPlain = pane?.sources.length === 1 && !isFiltering(pane.filter);
    pane?.showScrollbarHits(isPlain && "progress" in state ? (state.progress?.marks ?? []) : []);
  }

  /**
   * @param {Pane} pane
   * @param {Filter} filter
   */
  #search(pane, filter) {
    const wanted = filter.search && pane.sources.length > 0 ? `${pane.sources.join("\n")}\n${toQueryString(hitParameters(filter))}` : "";
    if (wanted === this.#searchedQuery) return;
    this.#searchedQuery = wanted;
    if (wanted) this.#client.start(pane.sources, hitParameters(filter));
    else this.#client.stop();
  }

  #refresh() {
    const pane = this.#context.active();
    if (!this.#isStale || document.hidden || !pane || this.#client.state.value.name !== "done") return;
    this.#isStale = false;
    this.#client.start(pane.sources, hitParameters(pane.filter), true);
  }

  /** @param {boolean} back */
  async #onEnter(back) {
    // At the end, the nearest hit is above.
    const atEnd = this.#context.active()?.follow.following.value;
    await this.jump(back || atEnd ? "previous" : "next");
  }

  /**
   * @param {readonly Parameter[]} parameters
   * @param {"next" | "previous"} direction
   * @param {string} noun
   */
  async #jump(parameters, direction, noun) {
    const pane = this.#context.active();
    const current = pane?.current;
    const at = current && (await pane.cursorOf(current.row));
    if (!at) return;
    const isCurrent = (/** @type {import("../model/rows.js").WireLine} */ line) =>
      line.at === at || (line.n !== null && line.n === current.line.n && line.file === current.line.file);
    /** @type {Record<string, string | number>} */
    const query = direction === "next" ? { at, count: 2 } : { before: at, count: 1 };
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const answer = await pane.requestLines(query, parameters);
      if (!answer || "error" in answer) {
        return this.#context.notify(answer ? errorText(answer.error) : "The server did not answer; try again");
      }
      const hit = answer.lines.find((line) => !isCurrent(line) || (direction === "next" && !current.isChosen));
      if (hit) return pane.goToHit(hit.at);
      // The server may not have searched everything yet.
      if (answer.complete) break;
    }
    this.#context.notify(`No more ${noun} ${direction === "next" ? "below" : "above"}`);
  }

  /** @param {string} text @returns {string} in the server's syntax */
  #parseTime(text) {
    const near = this.#context.active()?.current?.line.time ?? Date.now();
    return String(parseTime(text, { zone: this.#context.settings.zone.value, near }) ?? text);
  }

  /** @param {string} time */
  #timeText(time) {
    if (!/^\d{12,}$/.test(time)) return time;
    return formatTime(Number(time), { zone: this.#context.settings.zone.value, date: true }).replace(/\.\d+$/, "");
  }
}
