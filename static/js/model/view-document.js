/**
 * A view as one surface: the lines of several sources by time, or those that a query leaves. Every line has its row at
 * its position in the view, whether it is here or not; what comes live is added at the end.
 */

import { Deduplicator } from "./deduplicator.js";
import { FileLines } from "./file-lines.js";
import { NoteRows } from "./note-rows.js";
import { ReorderBuffer } from "./reorder-buffer.js";
import { rowOf, rowsFromEvent } from "./rows.js";

/** @typedef {import("./file-document.js").DocumentHost} DocumentHost */
/** @typedef {import("./file-document.js").LinesAnswer} LinesAnswer */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").NoteRow} NoteRow */
/** @typedef {import("./events.js").StreamEvent} StreamEvent */
/** @typedef {{index: number, note: NoteRow | null, tailShift: number | null}} RowPosition `tailShift` as in a `FileDocument` */
/** @typedef {Record<string, string | number>} Query */

const PAGE_LINES = 500;
const MAX_REQUESTS = 2;
const NEAR_LINES = 5_000;
const CACHED_LINES = 150_000;
const RETRY_MS = 400;
const END_QUERY = { start: -PAGE_LINES, count: PAGE_LINES };

export class ViewDocument {
  #host;
  #lines = new FileLines("", false);
  #notes = new NoteRows();
  #deduplicator = new Deduplicator();
  /** @type {ReorderBuffer | null} */
  #reorderBuffer;
  #isWhole;
  /** What came before the first answer. @type {StreamEvent[] | null} */
  #pending = [];
  /** Those to be told of after the next answer. @type {NoteRow[]} */
  #gaps = [];
  /** @type {Map<string, string>} */
  #states = new Map();
  /** @type {Set<string>} */
  #requests = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #received = 0;
  #skipped = 0;
  #closed = false;
  #ended = false;
  /** @type {{at: string, below: number} | null} */
  #target = null;

  /**
   * @param {DocumentHost} host
   * @param {object} [kind]
   * @param {boolean} [kind.isMerged] whether it has lines of several sources
   * @param {boolean} [kind.isWhole] whether no lines of theirs are left out
   */
  constructor(host, { isMerged = false, isWhole = false } = {}) {
    this.#host = host;
    this.#isWhole = isWhole;
    this.#reorderBuffer = isMerged ? new ReorderBuffer((rows) => this.#append(rows)) : null;
  }

  /**
   * Asks for the last lines, and for those from a cursor on.
   * @param {string | null} at
   * @param {number} [below] lines between the cursor's and the one to show
   */
  open(at, below = 0) {
    this.#target = at ? { at, below } : null;
    if (at) void this.#requestTarget();
    if (this.#pending) void this.#requestEnd();
  }

  /** Asks for the last lines again. */
  refresh() {
    if (!this.#pending) void this.#requestEnd();
  }

  /** Asks for nothing more. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#reorderBuffer?.close();
  }

  /** Lines that came since it was opened. */
  get received() {
    return this.#received;
  }

  /** Lines that did not come live; those of the view are asked for. */
  get skipped() {
    return this.#skipped;
  }

  /** Whether nothing is known to be in it. */
  get empty() {
    return this.total === 0;
  }

  /** Whether it is known how many lines there are. */
  get exact() {
    return this.#lines.exact;
  }

  /** @returns {number | null} how much the server has looked at, from 0 to 1; null once it is all */
  get countedShare() {
    const { reported, counted, progress } = this.#lines;
    return reported && !counted ? progress.counted / progress.size : null;
  }

  get total() {
    return this.#lines.count + this.#notes.count;
  }

  /** @param {number} row @returns {Row | null} null for a line that is not here */
  row(row) {
    if (row >= this.total) return null;
    const { note, index } = this.#notes.at(row);
    return note ?? this.#lines.get(index);
  }

  /** @param {number} row @returns {number | null} the number of its line in its own file, null while it is not known */
  number(row) {
    const found = this.row(row);
    return found?.kind === "line" ? found.n : null;
  }

  /** Whether lines are left out between a row and the one above it, or its file begins there. @param {number} row */
  isApart(row) {
    const [above, line] = [row > 0 ? this.row(row - 1) : null, this.row(row)];
    if (above?.kind !== "line" || line?.kind !== "line" || above.n === null || line.n === null) return false;
    return above.source === line.source && (line.n !== above.n + 1 || above.file !== line.file);
  }

  /** @param {number} row */
  fileOf(row) {
    const found = this.row(row);
    return found?.kind === "line" ? found.file : "";
  }

  /** @param {number} row @returns {RowPosition} */
  position(row) {
    const { note, index } = this.#notes.at(row);
    return { index, note, tailShift: this.#lines.fixed(index) ? null : this.#lines.tailShift };
  }

  /** @param {RowPosition} position @returns {number} its row */
  locate({ index, note, tailShift }) {
    const shift = tailShift === null ? 0 : this.#lines.tailShift - tailShift;
    const row = note && this.#notes.rowOfNote(note);
    return Math.max(0, row ?? this.#notes.rowOf(index + shift));
  }

  /** The row of a line of the view. @param {number} number from 1 */
  rowOfLine(number) {
    return this.#notes.rowOf(Math.max(0, Math.min(this.#lines.count, number) - 1));
  }

  /**
   * Asks for the lines of these rows that are not here.
   * @param {number} first
   * @param {number} last
   */
  want(first, last) {
    for (let row = Math.max(0, first); row < Math.min(last, this.total) && this.#requests.size < MAX_REQUESTS; row += 1) {
      const { note, index } = this.#notes.at(row);
      if (note || this.#lines.get(index)) continue;
      void this.#requestLine(index);
      // The rest of its page comes with it.
      row += PAGE_LINES - 1 - (index % PAGE_LINES);
    }
  }

  /**
   * Lines of these rows, those that are not here asked for first.
   * @param {number} first
   * @param {number} last the row after them
   * @returns {Promise<import("./rows.js").LineRow[]>} fewer where some cannot be had
   */
  async collect(first, last) {
    for (let row = first; row < last; row += 1) {
      const { note, index } = this.#notes.at(row);
      if (!note && !this.#lines.get(index)) await this.#requestLine(index);
    }
    const rows = Array.from({ length: last - first }, (_, offset) => this.row(first + offset));
    return rows.filter((row) => row?.kind === "line");
  }

  /**
   * A cursor of the line in this row, or of one above it.
   * @param {number} row
   * @returns {{at: string, below: number} | null} `below` lines further down is the row
   */
  cursor(row) {
    if (this.empty) return null;
    const { index } = this.#notes.at(Math.min(row, this.total - 1));
    const found = this.#lines.cursorBefore(Math.min(index, this.#lines.count - 1));
    return found && { at: /** @type {string} */ (found.line.at), below: Math.max(0, index - found.index) };
  }

  /** @param {StreamEvent} event */
  accept(event) {
    if (this.#pending) this.#pending.push(event);
    else this.#apply(event);
  }

  /** @param {StreamEvent} event */
  #apply(event) {
    if (event.kind === "lines" && this.#reorderBuffer) return this.#reorderBuffer.add(rowsFromEvent(event));
    this.#reorderBuffer?.flush();
    switch (event.kind) {
      case "lines":
        return this.#append(rowsFromEvent(event));
      case "gap":
        this.#received += event.lines ?? 0;
        if (event.reason !== "skipped") return this.#restart(event);
        this.#skipped += event.lines ?? 0;
        // What comes now does not follow on what is here.
        this.#pending ??= [];
        return void this.#requestEnd();
      case "source":
        return this.#applyState(event);
      case "end":
        this.#ended = true;
        if (event.reason === "complete") this.#note({ kind: "complete" });
        void this.#requestEnd();
    }
  }

  /** @param {import("./rows.js").LineRow[]} came */
  #append(came) {
    const rows = this.#deduplicator.withoutDuplicates(came);
    this.#received += rows.length;
    if (rows.length === 0) return;
    this.#host.change(() => this.#lines.append(null, rows));
    this.#lines.trim(CACHED_LINES);
  }

  /** @param {import("./events.js").SourceEvent} event the state that a source begins with is no news */
  #applyState(event) {
    const { source, state } = event;
    const before = this.#states.get(source);
    if (state === "rotated" || (before !== undefined && state !== before)) this.#note(event);
    // A rotated source goes on: what follows is open.
    this.#states.set(source, state === "rotated" ? "open" : state);
  }

  /** Lines are lost, so positions are others now. @param {import("./events.js").GapEvent} event */
  #restart(event) {
    const top = this.#host.top();
    const cursor = top === null ? null : this.cursor(top);
    this.#host.change(() => {
      this.#lines = new FileLines("", false);
      this.#notes = new NoteRows();
    });
    this.#deduplicator = new Deduplicator();
    this.#gaps.push(event);
    this.#pending = [];
    this.open(cursor?.at ?? null, cursor?.below);
  }

  /** @param {NoteRow} row */
  #note(row) {
    this.#host.change(() => this.#notes.add(row, this.#lines.count));
  }

  // What is asked for

  #requestEnd() {
    return this.#request("end", END_QUERY, (answer) => this.#putEnd(answer));
  }

  #requestTarget() {
    const query = { at: this.#target?.at ?? "", count: PAGE_LINES };
    return this.#request("open", query, (answer) => this.#put(answer));
  }

  /** @param {number} index */
  async #requestLine(index) {
    const before = this.#lines.cursorAfter(index, NEAR_LINES);
    if (before) {
      const { tailShift } = this.#lines;
      await this.#request(`before ${before.at}`, { before: before.at, count: PAGE_LINES }, ({ start, total, lines }) => {
        // Where there is none, there may be some that are not found yet.
        if (lines.length === 0 && start !== 0 && total === null) return;
        this.#lines.prepend(before.index + this.#lines.tailShift - tailShift, lines.map(rowOf));
      });
    } else if (this.exact) {
      const start = index - (index % PAGE_LINES);
      await this.#request(`page ${start}`, { start, count: PAGE_LINES }, (answer) => this.#put(answer));
    }
  }

  #resolve() {
    const { landmark, tailShift } = this.#lines;
    if (!landmark) return;
    void this.#request("resolve", { at: landmark.line.at ?? "", count: 1 }, ({ start }) => {
      if (start === null) return;
      this.#lines.resolve(landmark.index + this.#lines.tailShift - tailShift, start + 1);
      void this.#requestEnd();
    });
  }

  /**
   * @param {string} key one request at a time for each
   * @param {Query} query
   * @param {(answer: LinesAnswer) => void} handle
   */
  async #request(key, query, handle) {
    if (this.#requests.has(key) || this.#closed) return;
    this.#requests.add(key);
    const answer = await this.#host.load({ places: "true", ...query });
    this.#requests.delete(key);
    if (this.#closed) return;
    if (answer === "gone") this.#handleGone(key);
    else if (answer) this.#handle(answer, handle);
    if (key === "open" && answer && answer !== "gone") this.#moveToTarget(answer);
    // What the server refuses now it refuses again.
    if (answer !== "gone" || key === "open") this.#retryLater();
  }

  /**
   * @param {LinesAnswer} answer
   * @param {(answer: LinesAnswer) => void} handle
   */
  #handle(answer, handle) {
    this.#host.change(() => {
      if (!this.exact) this.#shiftingNotes(() => this.#lines.update(infoOf(answer)));
      this.#shiftingNotes(() => handle(answer));
    });
    this.#lines.trim(CACHED_LINES);
  }

  /** Notes go with the lines. @param {() => void} move */
  #shiftingNotes(move) {
    const { tailShift } = this.#lines;
    move();
    this.#notes.shift(this.#lines.tailShift - tailShift);
  }

  /** @param {string} key */
  #handleGone(key) {
    if (key !== "open" || !this.#target) return;
    this.#target = null;
    this.#host.gone();
  }

  #retryLater() {
    clearTimeout(this.#timer);
    if (this.exact && this.#pending === null && !this.#target) return;
    this.#timer = setTimeout(() => this.#continue(), RETRY_MS);
  }

  #continue() {
    if (this.#pending || (!this.exact && this.#lines.lines === 0)) void this.#requestEnd();
    else if (this.#lines.unresolved) this.#resolve();
    else if (this.#target) void this.#requestTarget();
    else void this.#request("facts", { start: -1, count: 1 }, () => undefined);
  }

  // What comes

  /** @param {LinesAnswer} answer with lines from a position on */
  #put({ start, lines }) {
    if (start !== null && lines.length > 0) this.#lines.put(lines.map(rowOf), start);
  }

  /** @param {LinesAnswer} answer */
  #putEnd({ start, lines, total, files }) {
    const rows = lines.map(rowOf).filter(({ unterminated }) => this.#ended || !unterminated);
    this.#deduplicator.addAnswer(rows, this.#isWhole ? files : []);
    if (start !== null && this.exact) {
      this.#lines.put(rows, start);
      this.#lines.grow(start + rows.length);
    } else if (this.#lines.lines === 0 && total === null) {
      this.#lines.append(null, rows);
    }
    const pending = this.#pending ?? [];
    this.#pending = null;
    for (const gap of this.#gaps.splice(0)) this.#notes.add(gap, this.#firstIndexAfterLoss(gap, rows));
    // Within a change already: what they change is part of it.
    for (const event of pending) this.#apply(event);
  }

  /**
   * Where the lines begin that came after some were lost: with the newest file of their source.
   * @param {NoteRow} gap
   * @param {readonly import("./rows.js").LineRow[]} rows the last ones
   */
  #firstIndexAfterLoss(gap, rows) {
    const own = "source" in gap ? rows.filter(({ source }) => source === gap.source) : [];
    const first = own.findIndex(({ file }) => file === own.at(-1)?.file);
    return first < 0 ? this.#lines.count : this.#lines.count - rows.length + rows.indexOf(own[first]);
  }

  /** @param {LinesAnswer} answer to `open` */
  #moveToTarget({ start, total }) {
    if (!this.#target || start === null) return;
    const { below } = this.#target;
    this.#target = null;
    this.#host.moveTo(this.#notes.rowOf(Math.min(start + below, (total ?? Infinity) - 1)));
  }
}

/** @param {LinesAnswer} answer */
function infoOf({ total: all, files, lines }) {
  // A line without its end comes again, and counts then.
  const total = all !== null && lines.at(-1)?.unterminated ? all - 1 : all;
  const sum = (/** @type {"lines" | "counted" | "size"} */ key) => files.reduce((so, file) => so + file[key], 0);
  const size = sum("size");
  // All is counted when the server knows the total, and not before.
  const counted = total === null ? Math.min(sum("counted"), size - 1) : size;
  return { file: "", first: 1, lines: total ?? sum("lines"), counted, size, loss: null };
}
