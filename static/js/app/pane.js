/** One view of the page: connects its document, list, stream, histogram and search hits. */

import { group } from "../lib/numbers.js";
import { Copier } from "../list/copier.js";
import { FollowState } from "../list/follow-state.js";
import { applyListSettings } from "../list/list-settings.js";
import { Navigation } from "../list/navigation.js";
import { RowState } from "../list/row-state.js";
import { displayedSpans, fillRow, makeRow } from "../list/rows.js";
import { Selection } from "../list/selection.js";
import { Viewport } from "../list/viewport.js";
import { VisibleRows } from "../list/visible-rows.js";
import { AbsentHosts } from "../model/absent-hosts.js";
import { isRelative, NO_FILTER, viewParameters } from "../model/filter.js";
import { ViewDocument } from "../model/view-document.js";
import { Channel } from "../net/channel.js";
import { lineText, sourceOffset } from "../text/spans.js";
import { ScrollbarHits } from "../ui/scrollbar-hits.js";
import { HistogramController } from "./histogram-controller.js";
import { PaneHits } from "./pane-hits.js";
import { View } from "./view.js";

/** @typedef {import("../model/rows.js").Row} Row */
/** @typedef {import("../model/rows.js").LineRow} LineRow */
/** @typedef {import("../model/filter.js").Filter} Filter */
/** @typedef {import("../model/filter.js").Parameter} Parameter */
/**
 * @typedef {object} PaneContext parts that all panes share
 * @property {string} base
 * @property {() => number} now server time, in epoch milliseconds
 * @property {import("../model/settings.js").Settings} settings
 * @property {import("../model/source-names.js").SourceNames} names
 * @property {(source: string) => {host?: string | null, state: string} | undefined} factsOf
 * @property {import("../model/source-colors.js").SourceColors} sourceColors
 * @property {import("../model/bookmarks.js").Bookmarks} bookmarks
 * @property {import("../model/highlights.js").Highlights} highlights
 * @property {import("../net/lines-client.js").LinesClient} linesClient
 * @property {(event: import("../model/events.js").StreamEvent) => void} received
 * @property {() => void} levelsCounted called when the number of lines per level changed
 * @property {() => void} changed called when the state of the pane changed
 * @property {(message: string) => void} notify
 */

const MOVED_MS = 400;
const AROUND_LINES = 5;
/** In characters. */
const MOST_NAME_WIDTH = 24;

export class Pane {
  #frame;
  #shared;
  #absent;
  #channel;
  #viewport;
  #selection;
  #view;
  #document;
  #copier;
  #visibleRows;
  #hits;
  #scrollbarHits;
  #histogram;
  #receivedAtEnd = 0;
  /** Width of the longest line number so far, in characters. */
  #numberWidth = 0;
  #rowState;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #moveTimer;
  /** @type {(() => void)[]} */
  #unsubscribe = [];
  /** Called with text that had to be loaded before it could be copied. @type {(text: string) => void} */
  onCopy = () => {};
  /** Called some time after the view moved, with the cursor at its upper edge. @type {(at: string | null) => void} */
  onMoved = () => {};
  /** Called when a time range was selected in the histogram. @type {(range: {from: number, to: number}) => void} */
  onTimeRange = () => {};
  /**
   * Called on a click into the text of a line, with the offset in the displayed text.
   * @type {(line: LineRow, offset: number, event: MouseEvent) => void}
   */
  onTextClick = () => {};

  /**
   * @param {import("../ui/panes.js").PaneFrame} frame
   * @param {PaneContext} shared
   */
  constructor(frame, shared) {
    this.#frame = frame;
    this.#shared = shared;
    this.follow = new FollowState(frame.log);
    this.#rowState = new RowState({ ...shared, restUrl: (line) => this.restUrl(line) });
    this.#absent = this.#makeAbsentHosts();
    this.#view = this.#makeView([], NO_FILTER);
    this.#document = this.#makeDocument();
    this.#viewport = new Viewport(frame.log, {
      make: makeRow,
      fill: (element, row, number) => this.#fill(element, row, number),
      moved: () => this.#moved(),
      painted: () => this.#painted(),
    });
    /** Navigation in the list. */
    this.navigation = new Navigation({
      viewport: this.#viewport,
      follow: this.follow,
      document: () => this.#document,
      choose: (row) => this.#choose(row),
    });
    this.#selection = new Selection(frame.log, this.#viewport);
    this.#copier = new Copier(frame.log, {
      selection: this.#selection,
      document: () => this.#document,
      rowState: this.#rowState,
      later: (text) => this.onCopy(text),
    });
    this.#visibleRows = new VisibleRows(this.#viewport, (row) => this.#document.row(row), this.#rowState);
    this.#hits = new PaneHits({
      log: frame.log,
      viewport: this.#viewport,
      visibleRows: this.#visibleRows,
      view: () => this.#view,
      cursorOf: (row) => this.cursorOf(row),
      current: () => this.current,
      notify: shared.notify,
    });
    this.#scrollbarHits = new ScrollbarHits(frame.hitMarks);
    this.#histogram = new HistogramController(frame.histogram, {
      base: shared.base,
      settings: shared.settings,
      changed: (absent) => {
        this.#absent.countsCame(absent);
        shared.levelsCounted();
        shared.changed();
      },
      actions: { go: (time) => void this.#goTo(time), choose: (range) => this.onTimeRange(range) },
    });
    this.#channel = new Channel({
      endpoint: `${shared.base}api/stream`,
      deliver: (event) => this.#deliver(event),
      restart: () => this.#openDocument(null),
    });
    this.#listen();
  }

  get sources() {
    return this.#view.sources;
  }

  get document() {
    return this.#document;
  }

  get filter() {
    return this.#view.filter;
  }

  /** The selected text if it is within one line, otherwise empty. */
  get selectedText() {
    return this.#selection.textInRow;
  }

  /** Number of lines of each level. */
  get levels() {
    return this.#histogram.levelTotals;
  }

  get connection() {
    return this.#channel.connection;
  }

  /**
   * Show other lines. Relative times of the filter count from this moment on.
   * @param {readonly string[]} sources
   * @param {Filter} filter
   * @param {string | null} at cursor of the line to show; null for the end
   */
  show(sources, filter, at) {
    this.#view = this.#makeView(sources, { ...filter, now: this.#shared.now() });
    this.#absent = this.#makeAbsentHosts();
    this.#rowState.chosen = null;
    // With `records` alone, continuation lines are wanted and stay undimmed.
    this.#rowState.dimContext = filter.context > 0;
    this.#frame.log.classList.toggle("merged", sources.length > 1);
    this.#openDocument(at);
    this.#channel.follow(sources, this.#view.streamFilter);
    this.showHits(filter);
  }

  /** Keep the lines and change the hits in them. @param {Filter} filter */
  showHits(filter) {
    this.#view = this.#makeView(this.sources, { ...filter, now: this.filter.now });
    this.#hits.setFilter(this.filter);
    this.#histogram.show(this.sources, this.filter);
  }

  /** @param {string} at cursor of a line with a hit; the hit is scrolled into view too */
  goToHit(at) {
    this.#hits.seek();
    this.goTo(at);
  }

  /** @param {string} at cursor of a line of the view's sources */
  goTo(at) {
    this.follow.leave();
    this.#document.open(at);
  }

  /**
   * Go to the first line at or after a time.
   * @param {string} time in the server's syntax
   * @returns {Promise<string | null>} error message
   */
  async goToTime(time) {
    // A relative time that was typed now counts from now, not from the moment the filter was set.
    const parameters = isRelative(time) ? viewParameters({ ...this.filter, now: this.#shared.now() }) : undefined;
    const answer = await this.requestLines({ time, count: 1 }, parameters);
    if (!answer || "error" in answer) return answer?.error ?? "The server did not answer; try again";
    const [line] = answer.lines;
    if (line) this.goTo(line.at);
    else this.navigation.toEnd();
    return null;
  }

  /** @param {number} time */
  async #goTo(time) {
    const error = await this.goToTime(String(time));
    if (error) this.#shared.notify(error);
  }

  /** Focus the list, so that keys go to it. */
  focus() {
    this.#frame.log.focus();
  }

  /** @param {readonly number[]} counts number of hits in each part of the files */
  showScrollbarHits(counts) {
    this.#scrollbarHits.show(counts);
  }

  /**
   * Request lines of the view's sources.
   * @param {Record<string, string | number>} query
   * @param {readonly Parameter[]} [parameters] replace the parameters of the view
   */
  requestLines(query, parameters) {
    return this.#view.requestLines(query, parameters);
  }

  close() {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    clearTimeout(this.#moveTimer);
    this.#hits.close();
    this.#histogram.close();
    this.#selection.clear();
    this.#document.close();
    this.#channel.close();
  }

  retry() {
    this.#channel.retryNow();
  }

  suspend() {
    this.#channel.suspend();
  }

  resume() {
    this.#channel.resume();
  }

  /** @param {boolean} hidden */
  setHidden(hidden) {
    this.#channel.setHidden(hidden);
    this.#viewport.wake();
  }

  /** Redraw rows after a change of names, bookmarks or the clock. */
  refresh() {
    this.#viewport.refresh();
  }

  /** The state that the page shows. @returns {import("../ui/page-status.js").PaneState} */
  get state() {
    const { received, skipped, empty } = this.#document;
    const { names } = this.#shared;
    return {
      frame: this.#frame,
      chosen: this.sources,
      names: this.sources.map((id) => names.full(id)),
      connection: this.connection.value,
      empty,
      filtered: this.#view.isFiltered,
      counting: this.#document.countedShare !== null,
      following: this.follow.following.value,
      paused: this.follow.paused.value,
      unseen: received - this.#receivedAtEnd,
      received,
      skipped,
      position: this.#position,
      absent: this.#absentHosts,
    };
  }

  get #absentHosts() {
    const facts = this.sources.map((id) => this.#shared.factsOf(id));
    const listed = facts.flatMap((each) => (each?.state === "absent" && each.host ? [each.host] : []));
    return [...new Set([...listed, ...this.#absent.names])].sort();
  }

  /** The line that commands act on. */
  get current() {
    return this.#visibleRows.current(this.follow.following.value);
  }

  /** @param {Node} node inside a row */
  lineOf(node) {
    return this.#visibleRows.of(node);
  }

  /** @param {number} row */
  elementOf(row) {
    return this.#viewport.elementOf(row);
  }

  /**
   * Return the cursor of the line in a row, requested with the nearest known cursor if necessary.
   * @param {number} row
   * @returns {Promise<string | null>}
   */
  async cursorOf(row) {
    const known = this.#document.cursor(row);
    if (!known || known.below === 0) return known?.at ?? null;
    const answer = await this.requestLines({ at: known.at, count: Math.min(5_000, known.below + 1) });
    return answer && "lines" in answer ? (answer.lines.at(-1)?.at ?? null) : null;
  }

  /** @param {{row: number, line: LineRow}} current */
  async toggleBookmark({ row, line }) {
    const at = await this.cursorOf(row);
    if (!at) return this.#shared.notify("This line cannot be bookmarked yet; try again shortly");
    const isBookmarked = this.#shared.bookmarks.toggle({ ...line, at });
    this.#shared.notify(isBookmarked ? "Bookmark added" : "Bookmark removed");
  }

  /** @param {Row} row */
  togglePretty(row) {
    this.#rowState.togglePretty(row);
    this.#allowTallRows();
  }

  /** @param {Row} row */
  toggleExpanded(row) {
    this.#rowState.toggleExpanded(row);
    this.#allowTallRows();
  }

  /**
   * Show or hide nearby lines of the same file within the line's row.
   * @param {number} row
   * @param {LineRow} line
   */
  async toggleAround(row, line) {
    if (this.#rowState.hasAround(line)) this.#rowState.setAround(line, null);
    else {
      const at = line.at ?? (await this.cursorOf(row));
      const around = at && (await this.#view.around(line.source, at, AROUND_LINES));
      if (!around) return this.#shared.notify("Could not load nearby lines");
      this.#rowState.setAround(line, around);
    }
    this.#allowTallRows();
  }

  /** @param {LineRow} line */
  hasAround(line) {
    return this.#rowState.hasAround(line);
  }

  /**
   * Convert an offset in a row's displayed text to an offset in the line.
   * @param {LineRow} line
   * @param {number} offset
   */
  sourceOffset(line, offset) {
    return sourceOffset(displayedSpans(line, this.#rowState.textFormatOf(line)).spans, offset);
  }

  /** The selected text, or the current line without a selection. @returns {Promise<string | null>} */
  async textToCopy() {
    return this.#copier.text() ?? (this.current && lineText(this.current.line.text));
  }

  /** @param {LineRow} line @returns {string | null} URL of the whole line */
  restUrl({ source, at }) {
    return at && `${this.#shared.base}api/line?${new URLSearchParams({ source, at })}`;
  }

  // Internals

  /**
   * @param {HTMLElement} element
   * @param {Row | null} row
   * @param {number} number
   */
  #fill(element, row, number) {
    fillRow(element, row, this.#rowState.of(row, this.#document.number(number)));
    const isApart = this.#view.hasContext && this.#document instanceof ViewDocument && this.#document.isApart(number);
    element.classList.toggle("apart", isApart);
  }

  /** @param {string | null} at */
  #openDocument(at) {
    this.#document.close();
    this.#document = this.#makeDocument();
    this.#absent.documentOpened();
    this.#receivedAtEnd = 0;
    this.#numberWidth = 4;
    this.#selection.clear();
    if (at) this.follow.leave();
    else this.follow.join();
    this.#viewport.show(this.#document);
    if (this.sources.length > 0) this.#document.open(at);
    this.#shared.changed();
  }

  #makeAbsentHosts() {
    return new AbsentHosts((source) => this.#shared.factsOf(source)?.host ?? null);
  }

  /** Load the lines anew, from the line at the upper edge. */
  #reopen() {
    const isAtEnd = this.follow.following.value;
    this.#openDocument(isAtEnd ? null : (this.#document.cursor(this.#viewport.top)?.at ?? null));
  }

  /**
   * @param {readonly string[]} sources
   * @param {Filter} filter
   */
  #makeView(sources, filter) {
    return new View(sources, filter, this.#shared.linesClient, (absent) => {
      if (sources !== this.sources) return;
      if (this.#absent.linesCame(absent)) this.#reopen();
      this.#shared.changed();
    });
  }

  #makeDocument() {
    return this.#view.document({
      change: (mutate) => this.#viewport.change(mutate),
      moveTo: (row) => this.navigation.show(row),
      top: () => (this.follow.following.value ? null : this.#viewport.top),
      targetLost: () => this.#shared.notify("The linked line no longer exists"),
    });
  }

  /** @param {import("../model/events.js").StreamEvent} event */
  #deliver(event) {
    const change = event.kind === "source" ? this.#absent.changed(event) : null;
    if (change !== "repeated") this.#document.accept(event);
    if (change === "returned") this.#reopen();
    this.#shared.received(event);
    this.#histogram.linesArrived();
    this.#shared.changed();
  }

  #listen() {
    const { settings, bookmarks, highlights, changed } = this.#shared;
    const { log } = this.#frame;
    const changeMode = () => this.#changeMode();
    this.#unsubscribe.push(
      ...[this.follow.following, this.follow.paused, this.follow.held].map((flag) => flag.subscribe(changeMode)),
      this.connection.subscribe((connection) => {
        if (connection.name === "live") this.#connected();
        changed();
      }),
      bookmarks.all.subscribe(() => this.refresh()),
      highlights.all.subscribe((all) => this.#hits.setHighlights(all)),
      settings.histogram.subscribe((on) => this.#frame.histogram.classList.toggle("folded", !on)),
      ...applyListSettings(log, settings, this.#viewport, this.#rowState),
    );
    log.addEventListener("click", (event) => this.#onClick(event));
  }

  /** The stream does not repeat lines written before it connected. */
  #connected() {
    if (this.#absent.streamOpened()) this.#reopen();
    else if (this.#document instanceof ViewDocument) this.#document.refresh();
  }

  #changeMode() {
    const { following, paused, held } = this.follow;
    this.#viewport.freeze(paused.value || held.value);
    this.#viewport.stickToEnd(following.value);
    this.#reportMoveSoon();
    this.#shared.changed();
  }

  #moved() {
    if (!this.#viewport.atEnd) this.follow.leave();
    this.#reportMoveSoon();
    this.#hits.moved();
  }

  #painted() {
    const { following, paused } = this.follow;
    if ((following.value && !paused.value) || this.#viewport.atEnd) this.#receivedAtEnd = this.#document.received;
    this.#numberWidth = Math.max(this.#numberWidth, group(this.#document.total).length, this.#visibleRows.numberWidth);
    this.#frame.log.style.setProperty("--number-width", `${this.#numberWidth}ch`);
    const nameWidth = Math.max(0, ...this.sources.map((id) => this.#shared.names.short(id).length));
    this.#frame.log.style.setProperty("--name-width", `${Math.min(MOST_NAME_WIDTH, nameWidth)}ch`);
    this.#selection.paint();
    this.#hits.paint();
    this.#histogram.showVisible(this.#visibleRows.times);
    this.#shared.changed();
  }

  /** @param {number} row */
  #choose(row) {
    const line = this.#document.row(row);
    const file = this.#document.fileIdOf(row);
    const n = this.#document.number(row);
    this.#rowState.chosen =
      line?.kind === "line" || n !== null ? { file, n, text: line?.kind === "line" ? line.text : "" } : null;
    this.refresh();
  }

  get #position() {
    const { empty, exact, countedShare } = this.#document;
    if (empty) return null;
    const [line, total] = [this.#viewport.bottom, this.#document.total].map((rows) => this.#document.linesIn(rows));
    return { line: exact ? line : null, total: exact ? total : null, counted: countedShare ?? 1 };
  }

  #reportMoveSoon() {
    clearTimeout(this.#moveTimer);
    this.#moveTimer = setTimeout(() => void this.#reportMove(), MOVED_MS);
  }

  async #reportMove() {
    if (this.follow.following.value || this.sources.length === 0) return this.onMoved(null);
    const { top } = this.#viewport;
    // A row has no cursor until its line is loaded.
    if (!this.#document.row(top)) return this.#reportMoveSoon();
    this.onMoved(await this.cursorOf(top));
  }

  #allowTallRows() {
    this.#viewport.setVariableHeights(true);
    this.refresh();
  }

  /** @param {MouseEvent} event */
  #onClick(event) {
    const target = event.target instanceof Element ? event.target : null;
    const row = target && this.#viewport.rowOf(target);
    if (row === null || this.#selection.range) return;
    const line = this.#document.row(row);
    const action = target?.closest("[data-action]")?.getAttribute("data-action");
    if (line && (action === "expand" || action === "fold")) this.toggleExpanded(line);
    else if (line && !target?.closest("a")) {
      this.#choose(row);
      const position = target?.closest(".text") && this.#selection.positionAt(event.clientX, event.clientY);
      if (position && line.kind === "line") this.onTextClick(line, position.offset, event);
    }
  }
}
