/** Searching and filtering in the pane in front of the reader: what is typed and clicked becomes its query. */

import {
  asQuery,
  hitParameters,
  isFiltering,
  NO_FILTER,
  shownParameters,
  viewParameters,
  withField,
  withLevelToggled,
  withRegexToggled,
  withText,
} from "./model/filter.js";
import { SearchClient } from "./net/search-client.js";
import { formatTime, readTime } from "./text/time.js";
import { Chips } from "./ui/chips.js";
import { SearchBar } from "./ui/search-bar.js";

/** @typedef {import("./model/filter.js").Filter} Filter */
/** @typedef {import("./model/filter.js").Parameter} Parameter */
/** @typedef {import("./pane.js").Pane} Pane */
/**
 * @typedef {object} Surroundings
 * @property {string} base
 * @property {() => Pane | undefined} active
 * @property {(filter: Filter, how: {at?: string, canGoBack?: boolean}) => void} refine the active pane's query
 * @property {import("./model/settings.js").Settings} settings
 * @property {import("./model/recent.js").Recent} recent
 * @property {(words: string) => void} say
 */

const EVERY_MS = 1_000;
const MOST_TRIES = 20;

export class Finding {
  #around;
  #bar;
  #chips;
  #client;
  #searched = "";
  #isDue = false;
  /** What waits for the server to find nothing wrong with it. @type {(() => void) | null} */
  #accepted = null;
  /** @type {Pane | undefined} whose marks are shown */
  #marked;

  /** @param {Surroundings} around */
  constructor(around) {
    this.#around = around;
    this.#client = new SearchClient(`${around.base}api/search`);
    this.#bar = new SearchBar(around.recent, {
      typed: (typed) => this.#change({ ...this.#filter, ...typed }),
      regex: () => this.#change(withRegexToggled(this.#filter)),
      entered: (back) => void this.#enter(back),
      closed: () => this.close(),
    });
    this.#chips = new Chips({
      refine: (filter) => void this.refine(filter),
      toggleLevel: (level) => void this.refine(withLevelToggled(this.#filter, level)),
    });
    this.#client.state.subscribe((state) => this.#heed(state));
    setInterval(() => this.#keepUp(), EVERY_MS);
    around.settings.zone.subscribe(() => this.show());
  }

  get #filter() {
    return this.#around.active()?.filter ?? NO_FILTER;
  }

  open() {
    this.#bar.open();
  }

  /** Ends the search; what is filtered besides stays. */
  close() {
    this.#bar.close();
    const filter = this.#filter;
    if (filter.search) void this.refine({ ...filter, search: "", only: false }, filter.only);
    else this.show();
    this.#around.active()?.focus();
  }

  clear() {
    this.#bar.close();
    void this.refine(NO_FILTER);
  }

  /** Lines came. */
  age() {
    this.#isDue = true;
  }

  /** Shows what the active pane is asked for, and looks for its hits. */
  show() {
    const pane = this.#around.active();
    if (!pane) return;
    const { filter } = pane;
    this.#bar.show(filter, isFiltering(filter) || filter.search !== "");
    this.#chips.show(filter, (time) => this.#timeWords(time));
    this.#chips.showLevels(pane.levels, filter.levels);
    this.#search(pane, filter);
    this.#mark();
  }

  /** What the page tells of the active pane's lines changed. */
  showLevels() {
    const pane = this.#around.active();
    if (pane) this.#chips.showLevels(pane.levels, pane.filter.levels);
  }

  /**
   * Other lines; a reader who has left the end stays at the same line, or the next one that there is.
   * @param {Filter} filter
   * @param {boolean} [canGoBack]
   */
  async refine(filter, canGoBack = true) {
    const pane = this.#around.active();
    if (!pane) return;
    const isOther = asQuery(shownParameters(filter)) !== asQuery(shownParameters(pane.filter));
    const current = isOther && !pane.follow.following.value ? pane.current : null;
    const at = current && (await pane.cursorOf(current.row));
    this.#around.refine(filter, at ? { at, canGoBack } : { canGoBack });
  }

  /**
   * @param {"include" | "exclude"} what
   * @param {string} text
   */
  add(what, text) {
    void this.refine(withText(this.#filter, what, text));
  }

  /**
   * @param {"include" | "exclude"} what
   * @param {import("./text/fields.js").Field} field
   */
  addField(what, field) {
    void this.refine(withField(this.#filter, what, field));
  }

  // Going from one to the next

  /** @param {"next" | "previous"} way */
  async hop(way) {
    if (!this.#filter.search) return this.open();
    await this.#hop(hitParameters(this.#filter), way, "hits");
  }

  /**
   * @param {readonly string[]} levels
   * @param {"next" | "previous"} way
   * @param {string} what they are called
   */
  async hopLevel(levels, way, what) {
    const which = viewParameters({ ...this.#filter, levels });
    await this.#hop(which, way, what);
  }

  /**
   * @param {string} typed
   * @returns {Promise<string | null>} what is wrong with it, in words
   */
  async goToTime(typed) {
    return (await this.#around.active()?.goToTime(this.#readTime(typed))) ?? null;
  }

  /**
   * @param {{since: string, until: string}} typed
   * @returns {Promise<string | null>} what is wrong with it, in words
   */
  async chooseSpan(typed) {
    const [since, until] = [typed.since, typed.until].map((text) => text && this.#readTime(text));
    /** @type {Parameter[]} */
    const span = Object.entries({ since, until }).filter(([, time]) => time !== "");
    const answer = await this.#around.active()?.ask({ start: -1, count: 1 }, span);
    if (answer && "wrong" in answer) return answer.wrong;
    await this.refine({ ...this.#filter, since, until });
    return null;
  }

  // How it works

  /** @param {Filter} filter as typed: a pattern may be wrong */
  #change(filter) {
    const before = this.#filter;
    const go = () => void this.refine(filter, before.search === "" && filter.search !== "");
    const pane = this.#around.active();
    this.#accepted = null;
    if (!filter.regex || !pane || hitParameters(filter).length === 0) return go();
    this.#accepted = go;
    this.#searched = asQuery(hitParameters(filter));
    this.#client.start(pane.sources, hitParameters(filter));
  }

  /** @param {import("./net/search-client.js").SearchState} state */
  #heed(state) {
    this.#bar.showState(state);
    this.#mark();
    if (state.name === "wrong") this.#accepted = null;
    if (!("found" in state) || !state.found) return;
    const accepted = this.#accepted;
    this.#accepted = null;
    accepted?.();
  }

  #mark() {
    const state = this.#client.state.value;
    const pane = this.#around.active();
    if (this.#marked !== pane) this.#marked?.showMarks([]);
    this.#marked = pane;
    // They are places in the files: where lines are merged or left out, they are none in the list.
    const isPlain = pane?.sources.length === 1 && !isFiltering(pane.filter);
    pane?.showMarks(isPlain && "found" in state ? (state.found?.marks ?? []) : []);
  }

  /**
   * @param {Pane} pane
   * @param {Filter} filter
   */
  #search(pane, filter) {
    const wanted = filter.search ? `${pane.sources.join("\n")}\n${asQuery(hitParameters(filter))}` : "";
    if (wanted === this.#searched) return;
    this.#searched = wanted;
    if (wanted) this.#client.start(pane.sources, hitParameters(filter));
    else this.#client.stop();
  }

  #keepUp() {
    const pane = this.#around.active();
    if (!this.#isDue || document.hidden || !pane || this.#client.state.value.name !== "done") return;
    this.#isDue = false;
    this.#client.start(pane.sources, hitParameters(pane.filter), true);
  }

  /** @param {boolean} back */
  async #enter(back) {
    // From the end, the nearest hit is above.
    const atEnd = this.#around.active()?.follow.following.value;
    await this.hop(back || atEnd ? "previous" : "next");
  }

  /**
   * @param {readonly Parameter[]} which
   * @param {"next" | "previous"} way
   * @param {string} what
   */
  async #hop(which, way, what) {
    const pane = this.#around.active();
    const current = pane?.current;
    const at = current && (await pane.cursorOf(current.row));
    if (!at) return;
    const isHere = (/** @type {import("./model/rows.js").WireLine} */ line) =>
      line.at === at || (line.n !== null && line.n === current.line.n && line.file === current.line.file);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const answer = await pane.ask(way === "next" ? { at, count: 2 } : { before: at, count: 1 }, which);
      if (!answer || "wrong" in answer) return this.#around.say(answer?.wrong ?? "The server did not answer");
      const found = answer.lines.find((line) => !isHere(line) || (way === "next" && !current.isChosen));
      if (found) return pane.goToHit(found.at);
      // It may not have been found yet.
      if (answer.complete) break;
    }
    this.#around.say(`No more ${what} further ${way === "next" ? "down" : "up"}`);
  }

  /** @param {string} text @returns {string} as the server reads it */
  #readTime(text) {
    const near = this.#around.active()?.current?.line.time ?? Date.now();
    return String(readTime(text, { zone: this.#around.settings.zone.value, near }) ?? text);
  }

  /** @param {string} time */
  #timeWords(time) {
    if (!/^\d{12,}$/.test(time)) return time;
    return formatTime(Number(time), { zone: this.#around.settings.zone.value, date: true }).replace(/\.\d+$/, "");
  }
}
