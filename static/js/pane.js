/** One view of the page: its sources as a document, the list that shows it, the stream that feeds it, its commands. */

import { group } from "./lib/numbers.js";
import { textLater, textNow } from "./list/copying.js";
import { Follow } from "./list/follow.js";
import { Looks } from "./list/looks.js";
import { fillRow, makeRow } from "./list/rows.js";
import { Selection } from "./list/selection.js";
import { Viewport } from "./list/viewport.js";
import { FileDocument } from "./model/file-document.js";
import { StreamDocument } from "./model/stream-document.js";
import { Channel } from "./net/channel.js";
import { lineText } from "./text/spans.js";

/** @typedef {import("./model/rows.js").Row} Row */
/** @typedef {import("./model/rows.js").LineRow} LineRow */
/** @typedef {import("./model/goto.js").Target} Target */
/**
 * @typedef {object} Shared what all panes of the page have in common
 * @property {string} base
 * @property {import("./model/settings.js").Settings} settings
 * @property {import("./model/names.js").Names} names
 * @property {import("./model/hues.js").Hues} hues
 * @property {import("./model/bookmarks.js").Bookmarks} bookmarks
 * @property {import("./net/pages.js").Pages} pages
 * @property {(event: import("./model/events.js").StreamEvent) => void} heard
 * @property {() => void} changed what the page says of this pane may be another thing now
 * @property {(words: string) => void} say
 */

const PLACE_MS = 400;
const ASIDE_PX = 80;
// Enough of what is before it, to see where one is.
const ABOVE = 3;
const TIME_WIDTHS = { off: 0, absolute: 12, relative: 8 };

export class Pane {
  #frame;
  #shared;
  #channel;
  #viewport;
  #selection;
  /** @type {readonly string[]} */
  #sources = [];
  /** @type {FileDocument | StreamDocument} */
  #document;
  #seen = 0;
  #looks;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #placing;
  /** @type {(() => void)[]} */
  #leave = [];
  /** Told what is to be copied, where it came later. @type {(text: string) => void} */
  onCopy = () => {};
  /** Told where the pane stands, some time after it moved. @type {(at: string | null) => void} */
  onPlaced = () => {};

  /**
   * @param {import("./ui/panes.js").PaneFrame} frame
   * @param {Shared} shared
   */
  constructor(frame, shared) {
    this.#frame = frame;
    this.#shared = shared;
    this.follow = new Follow(frame.log);
    this.#looks = new Looks({ ...shared, restUrl: (line) => this.restUrl(line) });
    this.#document = new StreamDocument({ change: (change) => change() });
    this.#viewport = new Viewport(frame.log, {
      make: makeRow,
      fill: (element, row, number) => fillRow(element, row, this.#looks.of(row, this.#document.number(number))),
      moved: () => this.#moved(),
      painted: () => this.#painted(),
    });
    this.#selection = new Selection(frame.log, this.#viewport);
    this.#channel = new Channel({
      endpoint: `${shared.base}api/stream`,
      deliver: (event) => this.#deliver(event),
      restart: () => this.#begin(null),
    });
    this.#listen();
  }

  get sources() {
    return this.#sources;
  }

  get document() {
    return this.#document;
  }

  get connection() {
    return this.#channel.connection;
  }

  /**
   * @param {readonly string[]} sources
   * @param {string | null} at the cursor of the line to show; null is the end
   */
  show(sources, at) {
    this.#sources = sources;
    this.#looks.chosen = null;
    this.#frame.log.classList.toggle("merged", sources.length > 1);
    this.#begin(at);
    this.#channel.follow(sources);
  }

  /** @param {string} at the cursor of a line of its source */
  goTo(at) {
    if (!(this.#document instanceof FileDocument)) return;
    this.follow.leave();
    this.#document.open(at);
  }

  close() {
    for (const leave of this.#leave) leave();
    clearTimeout(this.#placing);
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
      chosen: this.#sources,
      names: this.#sources.map((id) => names.full(id)),
      connection: this.connection.value,
      empty,
      following: this.follow.following.value,
      paused: this.follow.paused.value,
      unseen: received - this.#seen,
      received,
      skipped,
      place: this.#place,
    };
  }

  // Moving

  /** @param {number} lines */
  moveLines(lines) {
    this.#viewport.moveBy(lines * this.#viewport.rowHeight);
  }

  /** A line of the page before stays in view. @param {number} pages */
  movePages(pages) {
    this.moveLines(pages * Math.max(1, this.#viewport.rowsInView - 1));
  }

  /** @param {-1 | 1} way */
  moveAside(way) {
    this.#viewport.moveAside(way * ASIDE_PX);
  }

  toStart() {
    this.follow.leave();
    this.#viewport.moveTo(0);
  }

  toEnd() {
    this.follow.join();
    this.#viewport.toEnd();
  }

  /** @param {Target} target */
  moveTo(target) {
    const { total } = this.#document;
    if (target.kind === "start") return this.toStart();
    if (target.kind === "end") return this.toEnd();
    this.follow.leave();
    if (target.kind === "relative") return this.moveLines(target.lines);
    const row = target.kind === "line" ? this.#document.rowOfLine(target.line) : (total * target.percent) / 100;
    const whole = Math.min(Math.floor(row), total - 1);
    this.#choose(whole);
    this.#viewport.moveTo(whole, target.kind === "line" ? ABOVE : 0);
  }

  // The current line: the one chosen, while it is in view; else the newest where the end is followed, or the topmost.

  /** @returns {{row: number, line: LineRow} | null} */
  get current() {
    const { firstWhole: top, bottom } = this.#viewport;
    const rows = Array.from({ length: Math.max(0, bottom - top) }, (_, index) => top + index);
    const lines = rows.flatMap((row) => this.#lineAt(row) ?? []);
    const chosen = lines.find(({ line }) => this.#looks.isChosen(line));
    return chosen ?? (this.follow.following.value ? lines.at(-1) : lines[0]) ?? null;
  }

  /** @param {Node} node inside a row @returns {{row: number, line: LineRow} | null} */
  lineOf(node) {
    const row = this.#viewport.rowOf(node);
    return row === null ? null : this.#lineAt(row);
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
    const line = this.#document.row(row);
    const source = line?.kind === "line" ? line.source : (this.#sources[0] ?? "");
    const answer = await this.#shared.pages.load({ source, at: known.at, count: Math.min(5_000, known.below + 1) });
    return answer && answer !== "gone" ? (answer.lines.at(-1)?.at ?? null) : null;
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

  /** What is selected, or else the current line. @returns {Promise<string | null>} */
  async textToCopy() {
    const { range } = this.#selection;
    if (!range) return this.current && lineText(this.current.line.text);
    return textLater(this.#document, range, this.#looks);
  }

  /** @param {LineRow} line @returns {string | null} where all of it can be read */
  restUrl({ source, at }) {
    return at && `${this.#shared.base}api/line?${new URLSearchParams({ source, at })}`;
  }

  // How it works

  /** @param {string | null} at */
  #begin(at) {
    this.#document.close();
    const change = (/** @type {() => void} */ mutate) => this.#viewport.change(mutate);
    this.#document =
      this.#sources.length === 1
        ? new FileDocument(this.#sources[0], {
            load: (query) => this.#shared.pages.load({ ...query }),
            change,
            moveTo: (row) => this.#arrive(row),
            top: () => (this.follow.following.value ? null : this.#viewport.top),
            gone: () => this.#shared.say("The line of this link is no longer there"),
          })
        : new StreamDocument({ change });
    this.#seen = 0;
    this.#selection.clear();
    if (at) this.follow.leave();
    else this.follow.join();
    this.#viewport.show(this.#document);
    if (this.#document instanceof FileDocument) this.#document.open(at);
    this.#shared.changed();
  }

  /** @param {import("./model/events.js").StreamEvent} event */
  #deliver(event) {
    this.#document.accept(event);
    this.#shared.heard(event);
    this.#shared.changed();
  }

  #listen() {
    const { settings, bookmarks, changed } = this.#shared;
    const { log } = this.#frame;
    const mode = () => this.#changeMode();
    this.#leave.push(
      ...[this.follow.following, this.follow.paused, this.follow.held].map((flag) => flag.subscribe(mode)),
      this.connection.subscribe(changed),
      bookmarks.all.subscribe(() => this.refresh()),
      settings.wrap.subscribe((on) => {
        log.classList.toggle("wrap", on);
        this.#viewport.vary(on || this.#looks.hasTall);
      }),
      settings.numbers.subscribe((on) => {
        log.classList.toggle("hide-numbers", !on);
        this.#viewport.restyle();
      }),
      settings.times.subscribe((what) => {
        log.classList.toggle("show-time", what !== "off");
        log.style.setProperty("--time-width", `${TIME_WIDTHS[what]}ch`);
        this.#viewport.restyle();
        this.refresh();
      }),
      settings.zone.subscribe(() => this.refresh()),
    );
    log.addEventListener("click", (event) => this.#clicked(event));
    log.addEventListener("copy", (event) => this.#copy(event));
    log.addEventListener("keydown", (event) => this.#chooseAll(event));
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
  }

  #painted() {
    const { following, paused } = this.follow;
    if ((following.value && !paused.value) || this.#viewport.atEnd) this.#seen = this.#document.received;
    const { total } = this.#document;
    this.#frame.log.style.setProperty("--number-width", `${Math.max(4, group(total).length)}ch`);
    this.#selection.paint();
    this.#shared.changed();
  }

  /** A link led here. @param {number} row */
  #arrive(row) {
    if (this.follow.following.value) return;
    this.#choose(row);
    this.#viewport.moveTo(row, ABOVE);
  }

  /** @param {number} row */
  #choose(row) {
    const line = this.#document.row(row);
    const file = this.#document instanceof FileDocument ? this.#document.place(row).file.id : "";
    const n = this.#document.number(row);
    this.#looks.chosen =
      line?.kind === "line" || n !== null ? { file, n, text: line?.kind === "line" ? line.text : "" } : null;
    this.refresh();
  }

  /** @param {number} row */
  #lineAt(row) {
    const line = this.#document.row(row);
    return line?.kind === "line" ? { row, line } : null;
  }

  get #place() {
    const { total, exact, counting } = this.#document;
    if (total === 0) return null;
    return { line: exact ? this.#viewport.bottom : null, total: exact ? total : null, counted: counting ?? 1 };
  }

  #placeSoon() {
    clearTimeout(this.#placing);
    this.#placing = setTimeout(async () => {
      const isEnd = this.follow.following.value || this.#sources.length !== 1;
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
    else if (line && !target?.closest("a")) this.#choose(row);
  }

  /** @param {ClipboardEvent} event */
  #copy(event) {
    const { range } = this.#selection;
    if (!range) return;
    const text = textNow(this.#document, range, this.#looks);
    // The clipboard waits for nobody: what is not here yet is copied when it is.
    if (text === null) return void this.#copyLater(range);
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
  }

  /** @param {import("./list/selection.js").Range} range */
  async #copyLater(range) {
    this.onCopy(await textLater(this.#document, range, this.#looks));
  }

  /** @param {KeyboardEvent} event */
  #chooseAll(event) {
    if (event.key !== "a" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.#selection.chooseAll(this.#document.total);
  }
}
