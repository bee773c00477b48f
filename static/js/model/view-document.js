/**
 * A view as one surface: the lines of several sources by time, or those that a query leaves. Every line has its row at
 * its position in the view, whether it is here or not; what comes live is added at the end.
 */

import { FileLines } from "./file-lines.js";
import { InTime } from "./in-time.js";
import { Notes } from "./notes.js";
import { rowOf, rowsOf } from "./rows.js";
import { Seen } from "./seen.js";

/** @typedef {import("./file-document.js").Host} Host */
/** @typedef {import("./file-document.js").LinesAnswer} LinesAnswer */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").NoteRow} NoteRow */
/** @typedef {import("./events.js").StreamEvent} StreamEvent */
/** @typedef {{index: number, note: NoteRow | null, moved: number | null}} Place `moved` as in a `FileDocument` */
/** @typedef {Record<string, string | number>} Query */

const PAGE = 500;
const MOST_ASKED = 2;
const NEAR = 5_000;
const KEPT_LINES = 150_000;
const AGAIN_MS = 400;
const END = { start: -PAGE, count: PAGE };

export class ViewDocument {
  #host;
  #lines = new FileLines("", false);
  #notes = new Notes();
  #seen = new Seen();
  /** @type {InTime | null} */
  #inTime;
  #isWhole;
  /** What came before the first answer. @type {StreamEvent[] | null} */
  #early = [];
  /** Those to be told of after the next answer. @type {NoteRow[]} */
  #gaps = [];
  /** @type {Map<string, string>} */
  #states = new Map();
  /** @type {Set<string>} */
  #asked = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #received = 0;
  #skipped = 0;
  #closed = false;
  #ended = false;
  /** @type {{at: string, below: number} | null} */
  #wanted = null;

  /**
   * @param {Host} host
   * @param {object} [kind]
   * @param {boolean} [kind.isMerged] whether it has lines of several sources
   * @param {boolean} [kind.isWhole] whether no lines of theirs are left out
   */
  constructor(host, { isMerged = false, isWhole = false } = {}) {
    this.#host = host;
    this.#isWhole = isWhole;
    this.#inTime = isMerged ? new InTime((rows) => this.#append(rows)) : null;
  }

  /**
   * Asks for the last lines, and for those from a cursor on.
   * @param {string | null} at
   * @param {number} [below] lines between the cursor's and the one to show
   */
  open(at, below = 0) {
    this.#wanted = at ? { at, below } : null;
    if (at) void this.#askForWanted();
    if (this.#early) void this.#askForEnd();
  }

  /** Asks for the last lines again. */
  refresh() {
    if (!this.#early) void this.#askForEnd();
  }

  /** Asks for nothing more. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#inTime?.close();
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
  get counting() {
    const { told, counted, progress } = this.#lines;
    return told && !counted ? progress.counted / progress.size : null;
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

  /** @param {number} row @returns {Place} */
  place(row) {
    const { note, index } = this.#notes.at(row);
    return { index, note, moved: this.#lines.fixed(index) ? null : this.#lines.moved };
  }

  /** @param {Place} place @returns {number} its row */
  locate({ index, note, moved }) {
    const shift = moved === null ? 0 : this.#lines.moved - moved;
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
    for (let row = Math.max(0, first); row < Math.min(last, this.total) && this.#asked.size < MOST_ASKED; row += 1) {
      const { note, index } = this.#notes.at(row);
      if (note || this.#lines.get(index)) continue;
      void this.#askLine(index);
      // The rest of its page comes with it.
      row += PAGE - 1 - (index % PAGE);
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
      if (!note && !this.#lines.get(index)) await this.#askLine(index);
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
    if (this.#early) this.#early.push(event);
    else this.#take(event);
  }

  /** @param {StreamEvent} event */
  #take(event) {
    if (event.kind === "lines" && this.#inTime) return this.#inTime.add(rowsOf(event));
    this.#inTime?.flush();
    switch (event.kind) {
      case "lines":
        return this.#append(rowsOf(event));
      case "gap":
        this.#received += event.lines ?? 0;
        if (event.reason !== "skipped") return this.#beginAgain(event);
        this.#skipped += event.lines ?? 0;
        // What comes now does not follow on what is here.
        this.#early ??= [];
        return void this.#askForEnd();
      case "source":
        return this.#takeState(event);
      case "end":
        this.#ended = true;
        if (event.reason === "complete") this.#note({ kind: "complete" });
        void this.#askForEnd();
    }
  }

  /** @param {import("./rows.js").LineRow[]} came */
  #append(came) {
    const rows = this.#seen.fresh(came);
    this.#received += rows.length;
    if (rows.length === 0) return;
    this.#host.change(() => this.#lines.append(null, rows));
    this.#lines.trim(KEPT_LINES);
  }

  /** @param {import("./events.js").SourceEvent} event the state that a source begins with is no news */
  #takeState(event) {
    const { source, state } = event;
    const before = this.#states.get(source);
    if (state === "rotated" || (before !== undefined && state !== before)) this.#note(event);
    // A rotated source goes on: what follows is open.
    this.#states.set(source, state === "rotated" ? "open" : state);
  }

  /** Lines are lost, so positions are others now. @param {import("./events.js").GapEvent} event */
  #beginAgain(event) {
    const top = this.#host.top();
    const cursor = top === null ? null : this.cursor(top);
    this.#host.change(() => {
      this.#lines = new FileLines("", false);
      this.#notes = new Notes();
    });
    this.#seen = new Seen();
    this.#gaps.push(event);
    this.#early = [];
    this.open(cursor?.at ?? null, cursor?.below);
  }

  /** @param {NoteRow} row */
  #note(row) {
    this.#host.change(() => this.#notes.add(row, this.#lines.count));
  }

  // What is asked for

  #askForEnd() {
    return this.#ask("end", END, (answer) => this.#putEnd(answer));
  }

  #askForWanted() {
    const query = { at: this.#wanted?.at ?? "", count: PAGE };
    return this.#ask("open", query, (answer) => this.#put(answer));
  }

  /** @param {number} index */
  async #askLine(index) {
    const before = this.#lines.cursorAfter(index, NEAR);
    if (before) {
      const { moved } = this.#lines;
      await this.#ask(`before ${before.at}`, { before: before.at, count: PAGE }, ({ start, total, lines }) => {
        // Where there is none, there may be some that are not found yet.
        if (lines.length === 0 && start !== 0 && total === null) return;
        this.#lines.prepend(before.index + this.#lines.moved - moved, lines.map(rowOf));
      });
    } else if (this.exact) {
      const start = index - (index % PAGE);
      await this.#ask(`page ${start}`, { start, count: PAGE }, (answer) => this.#put(answer));
    }
  }

  #resolve() {
    const { landmark, moved } = this.#lines;
    if (!landmark) return;
    void this.#ask("resolve", { at: landmark.line.at ?? "", count: 1 }, ({ start }) => {
      if (start === null) return;
      this.#lines.resolve(landmark.index + this.#lines.moved - moved, start + 1);
      void this.#askForEnd();
    });
  }

  /**
   * @param {string} key one request at a time for each
   * @param {Query} query
   * @param {(answer: LinesAnswer) => void} heed
   */
  async #ask(key, query, heed) {
    if (this.#asked.has(key) || this.#closed) return;
    this.#asked.add(key);
    const answer = await this.#host.load({ places: "true", ...query });
    this.#asked.delete(key);
    if (this.#closed) return;
    if (answer === "gone") this.#lose(key);
    else if (answer) this.#heed(answer, heed);
    if (key === "open" && answer && answer !== "gone") this.#arrive(answer);
    // What the server refuses now it refuses again.
    if (answer !== "gone" || key === "open") this.#askAgain();
  }

  /**
   * @param {LinesAnswer} answer
   * @param {(answer: LinesAnswer) => void} heed
   */
  #heed(answer, heed) {
    this.#host.change(() => {
      if (!this.exact) this.#moving(() => this.#lines.update(factsOf(answer)));
      this.#moving(() => heed(answer));
    });
    this.#lines.trim(KEPT_LINES);
  }

  /** Notes go with the lines. @param {() => void} move */
  #moving(move) {
    const { moved } = this.#lines;
    move();
    this.#notes.shift(this.#lines.moved - moved);
  }

  /** @param {string} key */
  #lose(key) {
    if (key !== "open" || !this.#wanted) return;
    this.#wanted = null;
    this.#host.gone();
  }

  #askAgain() {
    clearTimeout(this.#timer);
    if (this.exact && this.#early === null && !this.#wanted) return;
    this.#timer = setTimeout(() => this.#askOn(), AGAIN_MS);
  }

  #askOn() {
    if (this.#early || (!this.exact && this.#lines.lines === 0)) void this.#askForEnd();
    else if (this.#lines.unresolved) this.#resolve();
    else if (this.#wanted) void this.#askForWanted();
    else void this.#ask("facts", { start: -1, count: 1 }, () => undefined);
  }

  // What comes

  /** @param {LinesAnswer} answer with lines from a position on */
  #put({ start, lines }) {
    if (start !== null && lines.length > 0) this.#lines.put(lines.map(rowOf), start);
  }

  /** @param {LinesAnswer} answer */
  #putEnd({ start, lines, total, files }) {
    const rows = lines.map(rowOf).filter(({ unterminated }) => this.#ended || !unterminated);
    this.#seen.add(rows, this.#isWhole ? files : []);
    if (start !== null && this.exact) {
      this.#lines.put(rows, start);
      this.#lines.grow(start + rows.length);
    } else if (this.#lines.lines === 0 && total === null) {
      this.#lines.append(null, rows);
    }
    const early = this.#early ?? [];
    this.#early = null;
    for (const gap of this.#gaps.splice(0)) this.#notes.add(gap, this.#beginOf(gap, rows));
    // Within a change already: what they change is part of it.
    for (const event of early) this.#take(event);
  }

  /**
   * Where the lines begin that came after some were lost: with the newest file of their source.
   * @param {NoteRow} gap
   * @param {readonly import("./rows.js").LineRow[]} rows the last ones
   */
  #beginOf(gap, rows) {
    const own = "source" in gap ? rows.filter(({ source }) => source === gap.source) : [];
    const first = own.findIndex(({ file }) => file === own.at(-1)?.file);
    return first < 0 ? this.#lines.count : this.#lines.count - rows.length + rows.indexOf(own[first]);
  }

  /** @param {LinesAnswer} answer to `open` */
  #arrive({ start, total }) {
    if (!this.#wanted || start === null) return;
    const { below } = this.#wanted;
    this.#wanted = null;
    this.#host.moveTo(this.#notes.rowOf(Math.min(start + below, (total ?? Infinity) - 1)));
  }
}

/** @param {LinesAnswer} answer */
function factsOf({ total: all, files, lines }) {
  // A line without its end comes again, and counts then.
  const total = all !== null && lines.at(-1)?.unterminated ? all - 1 : all;
  const sum = (/** @type {"lines" | "counted" | "size"} */ key) => files.reduce((so, file) => so + file[key], 0);
  const size = sum("size");
  // All is counted when the server knows the total, and not before.
  const counted = total === null ? Math.min(sum("counted"), size - 1) : size;
  return { file: "", first: 1, lines: total ?? sum("lines"), counted, size, loss: null };
}
