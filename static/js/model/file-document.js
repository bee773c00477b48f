/**
 * All lines of one source as rows: its files from oldest to newest, with a divider row between two files. A line has
 * a row before it is loaded; lines near the viewport are requested.
 */

import { FileLines } from "./file-lines.js";
import { rowFromLine, rowsFromEvent } from "./rows.js";

/** @typedef {import("./file-lines.js").FileInfo} FileInfo */
/** @typedef {import("./rows.js").LineRow} LineRow */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {{total: number | null, complete: boolean, start: number | null, files: FileInfo[],
 *   lines: import("./rows.js").WireLine[], absent?: readonly string[]}} LinesAnswer `absent` are hosts */
/**
 * @typedef {(query: Record<string, string | number>) => Promise<LinesAnswer | "gone" | null>} Load null when the
 *   request failed
 */
/**
 * @typedef {{file: FileLines, index: number, tailShift: number | null}} RowPosition index -1 is the divider row
 *   before a file's first line; `tailShift` is set if the index is not final (see `FileLines.tailShift`)
 */
/**
 * @typedef {object} DocumentHost the list that shows the document
 * @property {Load} load
 * @property {(change: () => void) => void} change runs a change and keeps the visible lines in place
 * @property {(row: number) => void} moveTo
 * @property {() => number | null} top row at the upper edge; null while the list follows the end
 * @property {() => void} targetLost the target line no longer exists
 */

const PAGE_LINES = 500;
const MAX_REQUESTS = 2;
const NEAR_LINES = 5_000;
const CACHED_LINES = 150_000;
const RETRY_MS = 400;

export class FileDocument {
  #source;
  #host;
  /** @type {FileLines[]} */
  #files = [];
  /** @type {Set<string>} */
  #requests = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #received = 0;
  /**
   * Last line number of each file in the first answer, null before it. Only later lines count as received.
   * @type {Map<string, number> | null}
   */
  #lastKnown = null;
  #skipped = 0;
  #closed = false;
  /** Whether the server knows all files: compressed ones follow once they are decoded. */
  #complete = true;
  /** @type {{at: string, below: number} | null} */
  #target = null;

  /**
   * @param {string} source
   * @param {DocumentHost} host
   */
  constructor(source, host) {
    this.#source = source;
    this.#host = host;
  }

  /**
   * Request the last lines, or the lines from a cursor on.
   * @param {string | null} at
   * @param {number} [below] number of lines from the cursor down to the target
   */
  open(at, below = 0) {
    this.#target = at ? { at, below } : null;
    void this.#request("open", at ? { at, count: PAGE_LINES } : { start: -PAGE_LINES, count: PAGE_LINES });
  }

  /** Stop all requests. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Lines received since the document was opened. */
  get received() {
    return this.#received;
  }

  /** Lines that the stream skipped to keep up; they are requested when they come into view. */
  get skipped() {
    return this.#skipped;
  }

  /** Whether no rows are known. */
  get empty() {
    return this.total === 0;
  }

  /** Whether the number of rows is final. */
  get exact() {
    return this.#complete && this.#files.every((file) => file.exact);
  }

  /** @returns {number | null} share of the bytes that the server has counted, from 0 to 1; null when complete */
  get countedShare() {
    const open = this.#files.filter((file) => file.reported && !file.counted);
    if (open.length === 0) return null;
    const sum = (/** @type {"counted" | "size"} */ key) => open.reduce((all, file) => all + file.progress[key], 0);
    return sum("counted") / sum("size");
  }

  get total() {
    return this.#startOf(this.#files.length);
  }

  /** @param {number} row @returns {Row | null} null for a line that is not loaded */
  row(row) {
    if (row >= this.total) return null;
    const { file, index } = this.position(row);
    return index < 0 ? file.divider(this.#source) : file.get(index);
  }

  /** @param {number} row @returns {number | null} its line number, null while unknown */
  number(row) {
    if (row >= this.total) return null;
    const { file, index } = this.position(row);
    return index < 0 || !file.exact ? null : file.first + index;
  }

  /** Return the number of lines in the first rows, without dividers. @param {number} rows */
  linesIn(rows) {
    if (rows <= 0 || this.empty) return 0;
    const { file, index } = this.position(Math.min(rows, this.total) - 1);
    const older = this.#files.slice(0, this.#files.indexOf(file));
    return older.reduce((sum, { count }) => sum + count, index + 1);
  }

  /** @param {number} row @returns {string} id of its file */
  fileIdOf(row) {
    return this.total === 0 ? "" : this.position(Math.min(row, this.total - 1)).file.id;
  }

  /** @param {number} row from 0 to `total` @returns {RowPosition} */
  position(row) {
    let number = this.#files.length - 1;
    while (number > 0 && this.#startOf(number) > row) number -= 1;
    const file = this.#files[number];
    const index = row - this.#startOf(number) - this.#dividers(number);
    return { file, index, tailShift: index < 0 || file.isFixed(index) ? null : file.tailShift };
  }

  /** @param {RowPosition} position @returns {number} row */
  locate({ file, index, tailShift }) {
    const number = this.#files.indexOf(file);
    const shift = tailShift === null ? 0 : file.tailShift - tailShift;
    return number < 0 ? 0 : Math.max(0, this.#startOf(number) + this.#dividers(number) + index + shift);
  }

  /** Return the row of a line of the newest file. @param {number} n from 1 */
  rowOfLine(n) {
    const file = this.#files[this.#files.length - 1];
    return file ? this.locate(fixedPosition(file, Math.max(0, Math.min(file.count, n - file.first + 1) - 1))) : 0;
  }

  /**
   * Request the missing lines of these rows.
   * @param {number} first
   * @param {number} last
   */
  want(first, last) {
    const end = Math.min(last, this.total);
    for (let row = Math.max(0, first); row < end && this.#requests.size < MAX_REQUESTS; row += 1) {
      const { file, index } = this.position(row);
      if (index < 0 || file.get(index)) continue;
      void this.#requestLine(file, index);
      // The request loads the rest of its page too.
      row += PAGE_LINES - 1 - (Math.max(0, index) % PAGE_LINES);
    }
  }

  /**
   * Load the missing lines of these rows and return all of them.
   * @param {number} first
   * @param {number} last exclusive
   * @returns {Promise<LineRow[]>} fewer if a request failed
   */
  async collect(first, last) {
    for (let row = first; row < last; row += 1) {
      const { file, index } = this.position(row);
      if (index >= 0 && !file.get(index)) await this.#requestLine(file, index);
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
    const { file, index } = this.position(Math.min(row, this.total - 1));
    const nearest = file.cursorBefore(Math.max(0, index));
    return nearest && { at: /** @type {string} */ (nearest.line.at), below: Math.max(0, index) - nearest.index };
  }

  /** @param {import("./events.js").StreamEvent} event */
  accept(event) {
    if (event.kind === "lines") {
      this.#received += this.#countNew(event);
      this.#host.change(() => this.#fileOf(event.file ?? "").append(event.n, rowsFromEvent(event)));
      this.#trim();
    } else if (event.kind === "gap" && event.reason === "skipped") {
      this.#received += event.lines ?? 0;
      this.#skipped += event.lines ?? 0;
      this.#host.change(() => this.#files[this.#files.length - 1]?.skip(event.lines ?? 0));
    } else if (event.kind === "gap" || (event.kind === "source" && event.state === "rotated")) {
      void this.#request("info", { start: -1, count: 1 });
    }
  }

  /**
   * Count the lines of an event that were written after the document was opened.
   * @param {import("./events.js").LinesEvent} event
   */
  #countNew({ file, n, lines }) {
    if (!this.#lastKnown) return 0;
    const last = this.#lastKnown.get(file ?? "") ?? 0;
    return n === null ? lines.length : Math.max(0, Math.min(lines.length, n + lines.length - 1 - last));
  }

  /** @param {string} id */
  #fileOf(id) {
    const known = this.#files.find((file) => file.id === id);
    if (known) return known;
    const file = new FileLines(id);
    this.#files.push(file);
    void this.#request("info", { start: -1, count: 1 });
    return file;
  }

  /** @param {number} number index of the file; returns its first row */
  #startOf(number) {
    let start = 0;
    for (let index = 0; index < number; index += 1) start += this.#dividers(index) + this.#files[index].count;
    return start;
  }

  /** @param {number} number index of the file */
  #dividers(number) {
    return number > 0 || this.#files[number]?.loss ? 1 : 0;
  }

  /**
   * @param {FileLines} file
   * @param {number} index
   */
  async #requestLine(file, index) {
    const before = file.cursorAfter(index, NEAR_LINES);
    if (before) {
      const { tailShift } = file;
      await this.#request(`before ${before.at}`, { before: before.at, count: PAGE_LINES * 2 }, ({ lines }) => {
        const ownLines = lines.filter((line) => line.file === file.id).map(rowFromLine);
        file.prepend(before.index + file.tailShift - tailShift, ownLines);
      });
    } else if (file.exact || index + PAGE_LINES < file.progress.lines) {
      const page = index - (index % PAGE_LINES);
      await this.#request(`${file.id} ${page}`, { start: this.#positionOf(file) + page, count: PAGE_LINES });
    }
  }

  /** Return the position of a file's first line among all lines of the source. @param {FileLines} file */
  #positionOf(file) {
    const older = this.#files.slice(0, this.#files.indexOf(file));
    return older.reduce((sum, { progress }) => sum + progress.lines, 0);
  }

  /**
   * @param {string} key at most one request at a time per key
   * @param {Record<string, string | number>} query
   * @param {(answer: LinesAnswer) => void} [handle]
   */
  async #request(key, query, handle = (answer) => this.#put(answer)) {
    if (this.#requests.has(key) || this.#closed) return;
    this.#requests.add(key);
    const answer = await this.#host.load({ places: "true", ...query });
    this.#requests.delete(key);
    if (this.#closed) return;
    if (answer === "gone") this.#handleGone(key);
    else if (answer) this.#handle(key, answer, handle);
    this.#retryLater(answer === null && key === "open" ? query : null);
  }

  /**
   * @param {string} key
   * @param {LinesAnswer} answer
   * @param {(answer: LinesAnswer) => void} handle
   */
  #handle(key, answer, handle) {
    if (key !== "open" && this.#isFromRestartedServer(answer)) {
      const top = this.#host.top();
      const cursor = top === null ? null : this.cursor(top);
      this.open(cursor?.at ?? null, cursor?.below);
      return;
    }
    const whole = answer.files.filter(({ counted, size }) => counted === size);
    this.#lastKnown ??= new Map(whole.map(({ file, first, lines }) => [file, first + lines - 1]));
    this.#complete = answer.complete;
    this.#host.change(() => {
      this.#update(answer);
      handle(answer);
    });
    if (key === "open") this.#moveToTarget(answer);
    this.#trim();
  }

  /** @param {string} key */
  #handleGone(key) {
    if (key !== "open" || !this.#target) return;
    this.#host.targetLost();
    this.open(null);
  }

  /** @param {Record<string, string | number> | null} open the initial query to retry, if it failed */
  #retryLater(open) {
    clearTimeout(this.#timer);
    const isIncomplete = !this.#complete || this.#files.some((file) => !file.reported || !file.exact || !file.counted);
    if (!open && !isIncomplete && this.#files.length > 0) return;
    this.#timer = setTimeout(() => this.#continue(open), RETRY_MS);
  }

  /** @param {Record<string, string | number> | null} open */
  #continue(open) {
    const due = this.#files.find((file) => file.unresolved);
    if (open) void this.#request("open", open);
    else if (due) this.#resolve(due);
    else if (this.#target) void this.#request("open", { at: this.#target.at, count: PAGE_LINES });
    else void this.#request("info", { start: -1, count: 1 });
  }

  /** @param {FileLines} file */
  #resolve(file) {
    const landmark = file.landmark;
    if (!landmark) return;
    const { tailShift } = file;
    void this.#request("resolve", { at: landmark.line.at ?? "", count: 1 }, ({ lines }) => {
      if (lines[0]?.n) file.resolve(landmark.index + file.tailShift - tailShift, lines[0].n);
    });
  }

  /** Whether the answer has none of the known files: a restarted server assigns new ids. */
  #isFromRestartedServer(/** @type {LinesAnswer} */ { files }) {
    const reported = this.#files.filter((file) => file.reported);
    return reported.length > 0 && files.length > 0 && !files.some(({ file }) => reported.some(({ id }) => id === file));
  }

  /** @param {LinesAnswer} answer to the "open" request */
  #moveToTarget({ lines }) {
    const first = lines[0];
    const file = first && this.#files.find(({ id }) => id === first.file);
    if (!this.#target || !file || first.n === null) return;
    const { below } = this.#target;
    this.#target = null;
    this.#host.moveTo(this.locate(fixedPosition(file, first.n - file.first + below)));
  }

  /** @param {LinesAnswer} answer */
  #update({ files }) {
    if (files.length === 0) return;
    const known = new Map(this.#files.map((file) => [file.id, file]));
    const reported = files.map((info) => known.get(info.file) ?? new FileLines(info.file));
    reported.forEach((file, number) => file.update(files[number]));
    // A live line may belong to a file that is newer than the answer.
    this.#files = [...reported, ...this.#files.filter((file) => !file.reported)];
  }

  /** @param {LinesAnswer} answer */
  #put({ lines }) {
    for (const file of this.#files) {
      const ownLines = lines.filter((line) => line.file === file.id && line.n !== null).map(rowFromLine);
      if (ownLines.length > 0) file.put(ownLines);
    }
  }

  #trim() {
    const kept = CACHED_LINES / Math.max(1, this.#files.length);
    for (const file of this.#files) file.trim(kept);
  }
}

/**
 * @param {FileLines} file
 * @param {number} index
 * @returns {RowPosition}
 */
function fixedPosition(file, index) {
  return { file, index, tailShift: null };
}
