/**
 * One source as one surface: all lines of its files, the oldest first, with a row between two files. Every line has
 * its row whether it is here or not; what is looked at is asked for.
 */

import { FileLines } from "./file-lines.js";
import { rowOf, rowsFromEvent } from "./rows.js";

/** @typedef {import("./file-lines.js").FileInfo} FileInfo */
/** @typedef {import("./rows.js").LineRow} LineRow */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {{total: number | null, complete: boolean, start: number | null, files: FileInfo[],
 *   lines: import("./rows.js").WireLine[]}} LinesAnswer */
/** @typedef {(query: Record<string, string | number>) => Promise<LinesAnswer | "gone" | null>} Load null when it failed */
/**
 * @typedef {{file: FileLines, index: number, tailShift: number | null}} RowPosition index -1 is the row before a file's first
 *   line; `tailShift` is the file's, where the index moves with it
 */
/**
 * @typedef {object} DocumentHost who shows the document
 * @property {Load} load
 * @property {(change: () => void) => void} change calls it, and shows the same lines as before at the same height
 * @property {(row: number) => void} moveTo
 * @property {() => number | null} top the row at the upper edge; null where the end is followed
 * @property {() => void} gone the line that was to be shown is no longer there
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
   * The last line of each file at the first answer, null until then: up to it, nothing is news.
   * @type {Map<string, number> | null}
   */
  #lastKnown = null;
  #skipped = 0;
  #closed = false;
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
   * Asks for the last lines, or for those from a cursor on.
   * @param {string | null} at
   * @param {number} [below] lines between the cursor's and the one to show
   */
  open(at, below = 0) {
    this.#target = at ? { at, below } : null;
    void this.#request("open", at ? { at, count: PAGE_LINES } : { start: -PAGE_LINES, count: PAGE_LINES });
  }

  /** Asks for nothing more. */
  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Lines that came since it was opened. */
  get received() {
    return this.#received;
  }

  /** Lines that were left out to keep up; they are asked for when somebody looks. */
  get skipped() {
    return this.#skipped;
  }

  /** Whether nothing is known to be in it. */
  get empty() {
    return this.total === 0;
  }

  /** Whether it is known how many rows there are. */
  get exact() {
    return this.#files.every((file) => file.exact);
  }

  /** @returns {number | null} how much of the files the server has counted, from 0 to 1; null once it is all */
  get countedShare() {
    const open = this.#files.filter((file) => file.reported && !file.counted);
    if (open.length === 0) return null;
    const sum = (/** @type {"counted" | "size"} */ key) => open.reduce((all, file) => all + file.progress[key], 0);
    return sum("counted") / sum("size");
  }

  get total() {
    return this.#startOf(this.#files.length);
  }

  /** @param {number} row @returns {Row | null} null for a line that is not here */
  row(row) {
    if (row >= this.total) return null;
    const { file, index } = this.position(row);
    return index < 0 ? file.divider(this.#source) : file.get(index);
  }

  /** @param {number} row @returns {number | null} the number of its line, null while it is not known */
  number(row) {
    if (row >= this.total) return null;
    const { file, index } = this.position(row);
    return index < 0 || !file.exact ? null : file.first + index;
  }

  /** @param {number} row @returns {string} the file that it is in */
  fileOf(row) {
    return this.total === 0 ? "" : this.position(Math.min(row, this.total - 1)).file.id;
  }

  /** @param {number} row from 0 to `total` @returns {RowPosition} */
  position(row) {
    let number = this.#files.length - 1;
    while (number > 0 && this.#startOf(number) > row) number -= 1;
    const file = this.#files[number];
    const index = row - this.#startOf(number) - this.#dividers(number);
    return { file, index, tailShift: index < 0 || file.fixed(index) ? null : file.tailShift };
  }

  /** @param {RowPosition} position @returns {number} its row */
  locate({ file, index, tailShift }) {
    const number = this.#files.indexOf(file);
    const shift = tailShift === null ? 0 : file.tailShift - tailShift;
    return number < 0 ? 0 : Math.max(0, this.#startOf(number) + this.#dividers(number) + index + shift);
  }

  /** The row of a line of the newest file. @param {number} n from 1 */
  rowOfLine(n) {
    const file = this.#files[this.#files.length - 1];
    return file ? this.locate(fixedPosition(file, Math.max(0, Math.min(file.count, n - file.first + 1) - 1))) : 0;
  }

  /**
   * Asks for the lines of these rows that are not here.
   * @param {number} first
   * @param {number} last
   */
  want(first, last) {
    for (let row = Math.max(0, first); row < Math.min(last, this.total) && this.#requests.size < MAX_REQUESTS; row += 1) {
      const { file, index } = this.position(row);
      if (index < 0 || file.get(index)) continue;
      void this.#requestLine(file, index);
      // The rest of its page comes with it.
      row += PAGE_LINES - 1 - (Math.max(0, index) % PAGE_LINES);
    }
  }

  /**
   * Lines of these rows, those that are not here asked for first.
   * @param {number} first
   * @param {number} last the row after them
   * @returns {Promise<LineRow[]>} fewer where some cannot be had
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
   * A cursor of the line in this row, or of one above it.
   * @param {number} row
   * @returns {{at: string, below: number} | null} `below` lines further down is the row
   */
  cursor(row) {
    if (this.empty) return null;
    const { file, index } = this.position(Math.min(row, this.total - 1));
    const found = file.cursorBefore(Math.max(0, index));
    return found && { at: /** @type {string} */ (found.line.at), below: Math.max(0, index) - found.index };
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
      void this.#request("facts", { start: -1, count: 1 });
    }
  }

  /** How many of its lines were not there when the document was opened. @param {import("./events.js").LinesEvent} event */
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
    void this.#request("facts", { start: -1, count: 1 });
    return file;
  }

  /** @param {number} number of the file; the first row that belongs to it */
  #startOf(number) {
    let start = 0;
    for (let each = 0; each < number; each += 1) start += this.#dividers(each) + this.#files[each].count;
    return start;
  }

  /** @param {number} number of the file */
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
        const here = lines.filter((line) => line.file === file.id).map(rowOf);
        file.prepend(before.index + file.tailShift - tailShift, here);
      });
    } else if (file.exact || index + PAGE_LINES < file.progress.lines) {
      const page = index - (index % PAGE_LINES);
      await this.#request(`${file.id} ${page}`, { start: this.#positionOf(file) + page, count: PAGE_LINES });
    }
  }

  /** The position of a file's first line, as the server counts. @param {FileLines} file */
  #positionOf(file) {
    const older = this.#files.slice(0, this.#files.indexOf(file));
    return older.reduce((sum, each) => sum + each.progress.lines, 0);
  }

  /**
   * @param {string} key one request at a time for each
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
    this.#host.gone();
    this.open(null);
  }

  /** @param {Record<string, string | number> | null} open what to begin with again */
  #retryLater(open) {
    clearTimeout(this.#timer);
    const missing = this.#files.length === 0 || this.#files.some((file) => !file.reported || !file.exact || !file.counted);
    if (!open && !missing) return;
    this.#timer = setTimeout(() => this.#continue(open), RETRY_MS);
  }

  /** @param {Record<string, string | number> | null} open */
  #continue(open) {
    const due = this.#files.find((file) => file.unresolved);
    if (open) void this.#request("open", open);
    else if (due) this.#resolve(due);
    else if (this.#target) void this.#request("open", { at: this.#target.at, count: PAGE_LINES });
    else void this.#request("facts", { start: -1, count: 1 });
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

  /** Whether none of the files is one that is known: the server began anew, and gave them other ids. */
  #isFromRestartedServer(/** @type {LinesAnswer} */ { files }) {
    const reported = this.#files.filter((file) => file.reported);
    return reported.length > 0 && files.length > 0 && !files.some(({ file }) => reported.some(({ id }) => id === file));
  }

  /** @param {LinesAnswer} answer to `open` */
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
    const reported = files.map((facts) => known.get(facts.file) ?? new FileLines(facts.file));
    reported.forEach((file, number) => file.update(files[number]));
    // A live line may know of a newer file than an answer that was on its way.
    this.#files = [...reported, ...this.#files.filter((file) => !file.reported)];
  }

  /** @param {LinesAnswer} answer */
  #put({ lines }) {
    for (const file of this.#files) {
      const here = lines.filter((line) => line.file === file.id && line.n !== null).map(rowOf);
      if (here.length > 0) file.put(here);
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
