/**
 * The lines of a view as rows: several sources merged by time, or the lines that a query selects. A line has a row at
 * its position in the view before it is loaded. Live lines are appended at the end.
 */

import { Deduplicator } from "./deduplicator.js";
import { FileLines } from "./file-lines.js";
import { NoteRows } from "./note-rows.js";
import { ReorderBuffer } from "./reorder-buffer.js";
import { rowFromLine, rowsFromEvent } from "./rows.js";

/** @typedef {import("./file-document.js").DocumentHost} DocumentHost */
/** @typedef {import("./file-document.js").LinesAnswer} LinesAnswer */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").NoteRow} NoteRow */
/** @typedef {import("./events.js").StreamEvent} StreamEvent */
/**
 * @typedef {{index: number, note: NoteRow | null, tailShift: number | null}} RowPosition `tailShift` as in a
 *   `FileDocument`
 */
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
  /** Events received before the first answer; null after it. @type {StreamEvent[] | null} */
  #pending = [];
  /** Gaps to show after the next answer. @type {NoteRow[]} */
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
   * @param {boolean} [kind.isMerged] whether the view has several sources
   * @param {boolean} [kind.isWhole] whether the view contains all lines of its sources
   */
  constructor(host, { isMerged = false, isWhole = false } = {}) {
    this.#host = host;
    this.#isWhole = isWhole;
    this.#reorderBuffer = isMerged ? new ReorderBuffer((rows) => this.#append(rows)) : null;
  }

  /**
   * Request the last lines, and the lines from a cursor on if one is given.
   * @param {string | null} at
   * @param {number} [below] number of lines from the cursor down to the target
   */
  open(at, below = 0) {
    this.#target = at ? { at, below } : null;
    if (at) void this.#requestTarget();
    if (this.#pending) void this.#requestEnd();
  }

  /** Request the last lines again. */
  refresh() {
    if (!this.#pending) void this.#requestEnd();
  }

  /** Stop all requests. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#reorderBuffer?.close();
  }

  /** Lines received since the document was opened. */
  get received() {
    return this.#received;
  }

  /** Lines that the stream skipped; those of the view are requested. */
  get skipped() {
    return this.#skipped;
  }

  /** Whether no rows are known. */
  get empty() {
    return this.total === 0;
  }

  /** Whether the number of lines is final. */
  get exact() {
    return this.#lines.exact;
  }

  /** @returns {number | null} share of the bytes that the server has searched, from 0 to 1; null when complete */
  get countedShare() {
    const { reported, counted, progress } = this.#lines;
    return reported && !counted ? progress.counted / progress.size : null;
  }

  get total() {
    return this.#lines.count + this.#notes.count;
  }

  /** @param {number} row @returns {Row | null} null for a line that is not loaded */
  row(row) {
    if (row >= this.total) return null;
    const { note, index } = this.#notes.at(row);
    return note ?? this.#lines.get(index);
  }

  /** @param {number} row @returns {number | null} its line number in its own file, null while unknown */
  number(row) {
    const content = this.row(row);
    return content?.kind === "line" ? content.n : null;
  }

  /** Return the number of lines in the first rows, without notes. @param {number} rows */
  linesIn(rows) {
    if (rows <= 0) return 0;
    const { note, index } = this.#notes.at(Math.min(rows, this.total) - 1);
    return note ? index : index + 1;
  }

  /** Whether the lines of a row and of the row above are not adjacent in one file. @param {number} row */
  isApart(row) {
    const [above, line] = [row > 0 ? this.row(row - 1) : null, this.row(row)];
    if (above?.kind !== "line" || line?.kind !== "line" || above.n === null || line.n === null) return false;
    return above.source === line.source && (line.n !== above.n + 1 || above.file !== line.file);
  }

  /** @param {number} row */
  fileIdOf(row) {
    const content = this.row(row);
    return content?.kind === "line" ? content.file : "";
  }

  /** @param {number} row @returns {RowPosition} */
  position(row) {
    const { note, index } = this.#notes.at(row);
    return { index, note, tailShift: this.#lines.isFixed(index) ? null : this.#lines.tailShift };
  }

  /** @param {RowPosition} position @returns {number} row */
  locate({ index, note, tailShift }) {
    const shift = tailShift === null ? 0 : this.#lines.tailShift - tailShift;
    const row = note && this.#notes.rowOfNote(note);
    return Math.max(0, row ?? this.#notes.rowOf(index + shift));
  }

  /** Return the row of a line of the view. @param {number} number position from 1 */
  rowOfLine(number) {
    return this.#notes.rowOf(Math.max(0, Math.min(this.#lines.count, number) - 1));
  }

  /**
   * Request the missing lines of these rows.
   * @param {number} first
   * @param {number} last
   */
  want(first, last) {
    const end = Math.min(last, this.total);
    for (let row = Math.max(0, first); row < end && this.#requests.size < MAX_REQUESTS; row += 1) {
      const { note, index } = this.#notes.at(row);
      if (note || this.#lines.get(index)) continue;
      void this.#requestLine(index);
      // The request loads the rest of its page too.
      row += PAGE_LINES - 1 - (index % PAGE_LINES);
    }
  }

  /**
   * Load the missing lines of these rows and return all of them.
   * @param {number} first
   * @param {number} last exclusive
   * @returns {Promise<import("./rows.js").LineRow[]>} fewer if a request failed
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
   * Return the nearest known cursor at or above this row.
   * @param {number} row
   * @returns {{at: string, below: number} | null} the row is `below` lines after the cursor's line
   */
  cursor(row) {
    if (this.empty) return null;
    const { index } = this.#notes.at(Math.min(row, this.total - 1));
    const nearest = this.#lines.cursorBefore(Math.min(index, this.#lines.count - 1));
    return nearest && { at: /** @type {string} */ (nearest.line.at), below: Math.max(0, index - nearest.index) };
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
        // Later events do not continue the loaded lines.
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

  /** @param {import("./rows.js").LineRow[]} live */
  #append(live) {
    const rows = this.#deduplicator.withoutDuplicates(live);
    this.#received += rows.length;
    if (rows.length === 0) return;
    this.#host.change(() => this.#lines.append(null, rows));
    this.#lines.trim(CACHED_LINES);
  }

  /** @param {import("./events.js").SourceEvent} event the initial state of a source is not shown */
  #applyState(event) {
    const { source, state } = event;
    const before = this.#states.get(source);
    if (state === "rotated" || (before !== undefined && state !== before)) this.#note(event);
    // A rotated source continues as an open one.
    this.#states.set(source, state === "rotated" ? "open" : state);
  }

  /** Reload the view: lost lines change all positions. @param {import("./events.js").GapEvent} event */
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

  // Requests

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
      const query = { before: before.at, count: PAGE_LINES };
      await this.#request(`before ${before.at}`, query, ({ start, total, lines }) => {
        // An empty answer is final only if the server has searched everything.
        if (lines.length === 0 && start !== 0 && total === null) return;
        this.#lines.prepend(before.index + this.#lines.tailShift - tailShift, lines.map(rowFromLine));
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
   * @param {string} key at most one request at a time per key
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
    // A refused query would be refused again.
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

  /** Run a change of line indexes and shift the notes with them. @param {() => void} move */
  #shiftingNotes(move) {
    const { tailShift } = this.#lines;
    move();
    this.#notes.shift(this.#lines.tailShift - tailShift);
  }

  /** @param {string} key */
  #handleGone(key) {
    if (key !== "open" || !this.#target) return;
    this.#target = null;
    this.#host.targetLost();
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
    else void this.#request("info", { start: -1, count: 1 }, () => undefined);
  }

  // Answers

  /** @param {LinesAnswer} answer with lines from a position on */
  #put({ start, lines }) {
    if (start !== null && lines.length > 0) this.#lines.put(lines.map(rowFromLine), start);
  }

  /** @param {LinesAnswer} answer */
  #putEnd({ start, lines, total, files }) {
    const rows = lines.map(rowFromLine).filter(({ unterminated }) => this.#ended || !unterminated);
    this.#reorderBuffer?.follow(rows);
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
    // Already inside `host.change`, so these changes are part of it.
    for (const event of pending) this.#apply(event);
  }

  /**
   * Return the index of the first line after a gap: the first loaded line of the newest file of its source.
   * @param {NoteRow} gap
   * @param {readonly import("./rows.js").LineRow[]} rows the last lines
   */
  #firstIndexAfterLoss(gap, rows) {
    const own = "source" in gap ? rows.filter(({ source }) => source === gap.source) : [];
    const first = own.findIndex(({ file }) => file === own.at(-1)?.file);
    return first < 0 ? this.#lines.count : this.#lines.count - rows.length + rows.indexOf(own[first]);
  }

  /** @param {LinesAnswer} answer to the "open" request */
  #moveToTarget({ start, total }) {
    if (!this.#target || start === null) return;
    const { below } = this.#target;
    this.#target = null;
    this.#host.moveTo(this.#notes.rowOf(Math.min(start + below, (total ?? Infinity) - 1)));
  }
}

/** @param {LinesAnswer} answer */
function infoOf({ total: all, files, lines }) {
  // A line without a newline is sent again and counted then.
  const total = all !== null && lines.at(-1)?.unterminated ? all - 1 : all;
  const sum = (/** @type {"lines" | "counted" | "size"} */ key) => files.reduce((so, file) => so + file[key], 0);
  const size = sum("size");
  // The count is complete only when the total is known.
  const counted = total === null ? Math.min(sum("counted"), size - 1) : size;
  return { file: "", first: 1, lines: total ?? sum("lines"), counted, size, loss: null };
}
