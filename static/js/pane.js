/** One view of the page: its sources as a document, the list that shows it, the stream that feeds it, its commands. */

import { CourseView } from "./course.js";
import { group } from "./lib/numbers.js";
import { Copier } from "./list/copier.js";
import { Follow } from "./list/follow.js";
import { InView } from "./list/in-view.js";
import { Looks } from "./list/looks.js";
import { showModes } from "./list/modes.js";
import { Moves } from "./list/moves.js";
import { fillRow, makeRow, shownOf } from "./list/rows.js";
import { Selection } from "./list/selection.js";
import { Viewport } from "./list/viewport.js";
import { NO_FILTER } from "./model/filter.js";
import { ViewDocument } from "./model/view-document.js";
import { Channel } from "./net/channel.js";
import { PaneHits } from "./pane-hits.js";
import { lineText, placeInSource } from "./text/spans.js";
import { HitMarks } from "./ui/hit-marks.js";
import { View } from "./view.js";

/** @typedef {import("./model/rows.js").Row} Row */
/** @typedef {import("./model/rows.js").LineRow} LineRow */
/** @typedef {import("./model/filter.js").Filter} Filter */
/** @typedef {import("./model/filter.js").Parameter} Parameter */
/**
 * @typedef {object} Shared what all panes of the page have in common
 * @property {string} base
 * @property {import("./model/settings.js").Settings} settings
 * @property {import("./model/names.js").Names} names
 * @property {import("./model/hues.js").Hues} hues
 * @property {import("./model/bookmarks.js").Bookmarks} bookmarks
 * @property {import("./model/terms.js").Terms} terms
 * @property {import("./net/pages.js").Pages} pages
 * @property {(event: import("./model/events.js").StreamEvent) => void} heard
 * @property {() => void} counted there is news of how many lines of each level there are
 * @property {() => void} changed what the page says of this pane may be another thing now
 * @property {(words: string) => void} say
 */

const PLACE_MS = 400;
const AROUND_LINES = 5;

export class Pane {
  #frame;
  #shared;
  #channel;
  #viewport;
  #selection;
  #view;
  #document;
  #copier;
  #inView;
  #hits;
  #marks;
  #course;
  #seen = 0;
  /** Characters of the longest line number so far. */
  #widest = 0;
  #looks;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #placing;
  /** @type {(() => void)[]} */
  #leave = [];
  /** Told what is to be copied, where it came later. @type {(text: string) => void} */
  onCopy = () => {};
  /** Told where the pane stands, some time after it moved. @type {(at: string | null) => void} */
  onPlaced = () => {};
  /** Told of a span of time that was chosen. @type {(span: {from: number, to: number}) => void} */
  onSpan = () => {};
  /** Told where a reader clicked into a line. @type {(line: LineRow, place: number, event: MouseEvent) => void} */
  onText = () => {};

  /**
   * @param {import("./ui/panes.js").PaneFrame} frame
   * @param {Shared} shared
   */
  constructor(frame, shared) {
    this.#frame = frame;
    this.#shared = shared;
    this.follow = new Follow(frame.log);
    this.#looks = new Looks({ ...shared, restUrl: (line) => this.restUrl(line) });
    this.#view = new View([], NO_FILTER, shared.pages);
    this.#document = this.#makeDocument();
    this.#viewport = new Viewport(frame.log, {
      make: makeRow,
      fill: (element, row, number) => this.#fill(element, row, number),
      moved: () => this.#moved(),
      painted: () => this.#painted(),
    });
    /** The ways to move in it. */
    this.moves = new Moves({
      viewport: this.#viewport,
      follow: this.follow,
      document: () => this.#document,
      choose: (row) => this.#choose(row),
    });
    this.#selection = new Selection(frame.log, this.#viewport);
    this.#copier = new Copier(frame.log, {
      selection: this.#selection,
      document: () => this.#document,
      looks: this.#looks,
      later: (text) => this.onCopy(text),
    });
    this.#inView = new InView(this.#viewport, (row) => this.#document.row(row), this.#looks);
    this.#hits = new PaneHits({
      log: frame.log,
      viewport: this.#viewport,
      inView: this.#inView,
      view: () => this.#view,
      cursorOf: (row) => this.cursorOf(row),
      current: () => this.current,
      say: shared.say,
    });
    this.#marks = new HitMarks(frame.hitMarks);
    this.#course = new CourseView(frame.histogram, {
      base: shared.base,
      settings: shared.settings,
      changed: shared.counted,
      deeds: { go: (time) => void this.#goTo(time), choose: (span) => this.onSpan(span) },
    });
    this.#channel = new Channel({
      endpoint: `${shared.base}api/stream`,
      deliver: (event) => this.#deliver(event),
      restart: () => this.#begin(null),
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

  /** What is selected, where it is a part of one line. */
  get selectedText() {
    return this.#selection.textInRow;
  }

  /** How many lines of each level there are. */
  get levels() {
    return this.#course.totals;
  }

  get connection() {
    return this.#channel.connection;
  }

  /**
   * @param {readonly string[]} sources
   * @param {Filter} filter
   * @param {string | null} at the cursor of the line to show; null is the end
   */
  show(sources, filter, at) {
    this.#view = new View(sources, filter, this.#shared.pages);
    this.#looks.chosen = null;
    // The rest of a stack trace is what was asked for.
    this.#looks.dims = filter.context > 0;
    this.#frame.log.classList.toggle("merged", sources.length > 1);
    this.#begin(at);
    this.#channel.follow(sources, this.#view.streamFilter);
    this.find(filter);
  }

  /** The same lines as before, with other hits in them. @param {Filter} filter */
  find(filter) {
    this.#view = new View(this.sources, filter, this.#shared.pages);
    this.#hits.want(filter);
    this.#course.show(this.sources, filter);
  }

  /** @param {string} at the cursor of a line with a hit, which is to be seen as well */
  goToHit(at) {
    this.#hits.seek();
    this.goTo(at);
  }

  /** @param {string} at the cursor of a line of its sources */
  goTo(at) {
    this.follow.leave();
    this.#document.open(at);
  }

  /**
   * To the first line of a time, or a later one.
   * @param {string} time as the server reads it
   * @returns {Promise<string | null>} what is wrong with it, in words
   */
  async goToTime(time) {
    const answer = await this.ask({ time, count: 1 });
    if (!answer || "wrong" in answer) return answer?.wrong ?? "The server did not answer.";
    const [line] = answer.lines;
    if (line) this.goTo(line.at);
    else this.moves.toEnd();
    return null;
  }

  /** @param {number} time */
  async #goTo(time) {
    const wrong = await this.goToTime(String(time));
    if (wrong) this.#shared.say(wrong);
  }

  /** So that keys go there. */
  focus() {
    this.#frame.log.focus();
  }

  /** @param {readonly number[]} marks hits in each part of its lines */
  showMarks(marks) {
    this.#marks.show(marks);
  }

  /**
   * Lines of its sources.
   * @param {Record<string, string | number>} query
   * @param {readonly Parameter[]} [which] instead of those that it shows
   */
  ask(query, which) {
    return this.#view.ask(query, which);
  }

  close() {
    for (const leave of this.#leave) leave();
    clearTimeout(this.#placing);
    this.#hits.close();
    this.#course.close();
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

  /** Names, bookmarks or the clock changed. */
  refresh() {
    this.#viewport.refresh();
  }

  /** What the page says of it. @returns {import("./ui/overview.js").PaneState} */
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
      counting: this.#document.counting !== null,
      following: this.follow.following.value,
      paused: this.follow.paused.value,
      unseen: received - this.#seen,
      received,
      skipped,
      place: this.#place,
    };
  }

  /** The line that commands are for. */
  get current() {
    return this.#inView.current(this.follow.following.value);
  }

  /** @param {Node} node inside a row */
  lineOf(node) {
    return this.#inView.of(node);
  }

  /** @param {number} row */
  elementOf(row) {
    return this.#viewport.elementOf(row);
  }

  /**
   * The cursor of the line in a row: known, or asked for by the nearest one that is.
   * @param {number} row
   * @returns {Promise<string | null>}
   */
  async cursorOf(row) {
    const known = this.#document.cursor(row);
    if (!known || known.below === 0) return known?.at ?? null;
    const answer = await this.ask({ at: known.at, count: Math.min(5_000, known.below + 1) });
    return answer && "lines" in answer ? (answer.lines.at(-1)?.at ?? null) : null;
  }

  /** @param {{row: number, line: LineRow}} current */
  async toggleMark({ row, line }) {
    const at = await this.cursorOf(row);
    if (!at) return this.#shared.say("This line has no place yet");
    const isMarked = this.#shared.bookmarks.toggle({ ...line, at });
    this.#shared.say(isMarked ? "Marked" : "Mark taken off");
  }

  /** @param {Row} row */
  togglePretty(row) {
    this.#looks.togglePretty(row);
    this.#growTall();
  }

  /** @param {Row} row */
  toggleExpanded(row) {
    this.#looks.toggleExpanded(row);
    this.#growTall();
  }

  /**
   * Some lines of its file before it and after it, within its row; or no more.
   * @param {number} row
   * @param {LineRow} line
   */
  async toggleAround(row, line) {
    if (this.#looks.isAmid(line)) this.#looks.setAround(line, null);
    else {
      const at = line.at ?? (await this.cursorOf(row));
      const around = at && (await this.#view.around(line.source, at, AROUND_LINES));
      if (!around) return this.#shared.say("The lines around it could not be had");
      this.#looks.setAround(line, around);
    }
    this.#growTall();
  }

  /** @param {LineRow} line */
  isAmid(line) {
    return this.#looks.isAmid(line);
  }

  /**
   * Where in a line the character stands that its row shows at a place.
   * @param {LineRow} line
   * @param {number} place
   */
  placeInSource(line, place) {
    return placeInSource(shownOf(line, this.#looks.shapeOf(line)).spans, place);
  }

  /** What is selected, or else the current line. @returns {Promise<string | null>} */
  async textToCopy() {
    return this.#copier.text() ?? (this.current && lineText(this.current.line.text));
  }

  /** @param {LineRow} line @returns {string | null} where all of it can be read */
  restUrl({ source, at }) {
    return at && `${this.#shared.base}api/line?${new URLSearchParams({ source, at })}`;
  }

  // How it works

  /**
   * @param {HTMLElement} element
   * @param {Row | null} row
   * @param {number} number
   */
  #fill(element, row, number) {
    fillRow(element, row, this.#looks.of(row, this.#document.number(number)));
    const isApart = this.#view.hasContext && this.#document instanceof ViewDocument && this.#document.isApart(number);
    element.classList.toggle("apart", isApart);
  }

  /** @param {string | null} at */
  #begin(at) {
    this.#document.close();
    this.#document = this.#makeDocument();
    this.#seen = 0;
    this.#widest = 4;
    this.#selection.clear();
    if (at) this.follow.leave();
    else this.follow.join();
    this.#viewport.show(this.#document);
    if (this.sources.length > 0) this.#document.open(at);
    this.#shared.changed();
  }

  #makeDocument() {
    return this.#view.document({
      change: (mutate) => this.#viewport.change(mutate),
      moveTo: (row) => this.moves.arrive(row),
      top: () => (this.follow.following.value ? null : this.#viewport.top),
      gone: () => this.#shared.say("The line of this link is no longer there"),
    });
  }

  /** @param {import("./model/events.js").StreamEvent} event */
  #deliver(event) {
    this.#document.accept(event);
    this.#shared.heard(event);
    this.#course.age();
    this.#shared.changed();
  }

  #listen() {
    const { settings, bookmarks, terms, changed } = this.#shared;
    const { log } = this.#frame;
    const mode = () => this.#changeMode();
    this.#leave.push(
      ...[this.follow.following, this.follow.paused, this.follow.held].map((flag) => flag.subscribe(mode)),
      this.connection.subscribe((connection) => {
        // What came before the stream was there, it does not bring.
        if (connection.name === "live" && this.#document instanceof ViewDocument) this.#document.refresh();
        changed();
      }),
      bookmarks.all.subscribe(() => this.refresh()),
      terms.all.subscribe((all) => this.#hits.wantTerms(all)),
      settings.histogram.subscribe((on) => this.#frame.histogram.classList.toggle("folded", !on)),
      ...showModes(log, settings, this.#viewport, this.#looks),
    );
    log.addEventListener("click", (event) => this.#clicked(event));
  }

  #changeMode() {
    const { following, paused, held } = this.follow;
    this.#viewport.freeze(paused.value || held.value);
    this.#viewport.stick(following.value);
    this.#placeSoon();
    this.#shared.changed();
  }

  #moved() {
    if (!this.#viewport.atEnd) this.follow.leave();
    this.#placeSoon();
    this.#hits.moved();
  }

  #painted() {
    const { following, paused } = this.follow;
    if ((following.value && !paused.value) || this.#viewport.atEnd) this.#seen = this.#document.received;
    this.#widest = Math.max(this.#widest, group(this.#document.total).length, this.#inView.numberWidth);
    this.#frame.log.style.setProperty("--number-width", `${this.#widest}ch`);
    this.#selection.paint();
    this.#hits.paint();
    this.#course.mark(this.#inView.times);
    this.#shared.changed();
  }

  /** @param {number} row */
  #choose(row) {
    const line = this.#document.row(row);
    const file = this.#document.fileOf(row);
    const n = this.#document.number(row);
    this.#looks.chosen =
      line?.kind === "line" || n !== null ? { file, n, text: line?.kind === "line" ? line.text : "" } : null;
    this.refresh();
  }

  get #place() {
    const { total, exact, counting } = this.#document;
    if (total === 0) return null;
    return { line: exact ? this.#viewport.bottom : null, total: exact ? total : null, counted: counting ?? 1 };
  }

  #placeSoon() {
    clearTimeout(this.#placing);
    this.#placing = setTimeout(async () => {
      const isEnd = this.follow.following.value || this.sources.length === 0;
      this.onPlaced(isEnd ? null : await this.cursorOf(this.#viewport.top));
    }, PLACE_MS);
  }

  #growTall() {
    this.#viewport.vary(true);
    this.refresh();
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const target = event.target instanceof Element ? event.target : null;
    const row = target && this.#viewport.rowOf(target);
    if (row === null || this.#selection.range) return;
    const line = this.#document.row(row);
    const action = target?.closest("[data-action]")?.getAttribute("data-action");
    if (line && (action === "expand" || action === "fold")) this.toggleExpanded(line);
    else if (line && !target?.closest("a")) {
      this.#choose(row);
      const place = target?.closest(".text") && this.#selection.at(event.clientX, event.clientY);
      if (place && line.kind === "line") this.onText(line, place.offset, event);
    }
  }
}
