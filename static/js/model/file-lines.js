/**
 * The loaded lines of one file, or of a view treated as one file. Until the server has counted the file, `count` is
 * an estimate and the indexes of lines near the end shift together. A line that arrives with a number has its final
 * index.
 */

import { LineCache } from "./line-cache.js";

/** @typedef {import("./rows.js").LineRow} LineRow */
/**
 * A file as `/api/lines` reports it.
 * @typedef {object} FileInfo
 * @property {string} file
 * @property {number} first number of its first line
 * @property {number} lines counted so far
 * @property {number} counted bytes counted so far
 * @property {number} size bytes
 * @property {string | null} loss reason if lines before its first one are lost
 */

const BYTES_A_LINE = 100;

export class FileLines {
  /** Whether indexes are final. */
  exact = false;
  /** Lines in the file, possibly an estimate. */
  count = 0;
  /** @type {string | null} */
  loss = null;
  /** Whether the server reported the file. Before that it is known only from live lines. */
  reported = false;
  /** Progress of the server's line count. */
  progress = { counted: 0, size: 0, lines: 0 };
  /** Number of the line at index 0. */
  first = 1;
  /** Total shift of the tail so far. An index that is not final (`isFixed`) moves with it. */
  tailShift = 0;
  #cache = new LineCache();
  #tail = new LineCache();
  #end = 0;
  /** @type {import("./rows.js").DividerRow | null} */
  #divider = null;

  #numbered;

  /**
   * @param {string} id
   * @param {boolean} [numbered] whether line numbers determine indexes (false for views)
   */
  constructor(id, numbered = true) {
    this.id = id;
    this.#numbered = numbered;
  }

  /** Number of loaded lines. */
  get lines() {
    return this.#cache.lines + this.#tail.lines;
  }

  /** Whether the server has counted the whole file. */
  get counted() {
    return this.progress.counted >= this.progress.size;
  }

  /** Whether `resolve` is due: the count is complete, but the index of the loaded tail is unknown. */
  get unresolved() {
    return !this.exact && this.reported && this.counted;
  }

  /** Whether the index of this line is final. @param {number} index */
  isFixed(index) {
    return this.exact || this.#cache.has(index);
  }

  /** The divider row before the first line. @param {string} source @returns {import("./rows.js").DividerRow} */
  divider(source) {
    if (this.#divider === null || this.#divider.reason !== this.loss) {
      this.#divider = { kind: "divider", source, reason: this.loss };
    }
    return this.#divider;
  }

  /** @param {number} index @returns {LineRow | null} */
  get(index) {
    return this.#tail.get(index) ?? this.#cache.get(index);
  }

  /** @param {FileInfo} info */
  update({ first, lines, counted, size, loss }) {
    this.reported = true;
    this.first = first;
    this.loss ??= loss;
    this.progress = { counted, size, lines };
    if (!this.exact && this.counted && this.#tail.lines === 0) {
      this.#estimate(lines);
      this.exact = true;
      this.#end = lines;
    }
    if (this.exact) this.count = Math.max(this.count, this.counted ? lines : 0, this.#end);
    else this.#estimate(counted > 0 ? (lines * size) / counted : size / BYTES_A_LINE);
  }

  /**
   * Append live lines after all earlier live lines.
   * @param {number | null} n number of the first line
   * @param {LineRow[]} lines
   */
  append(n, lines) {
    if (n !== null && !this.exact) this.#fixTail(n - this.first - this.count);
    if (this.exact) {
      const start = n !== null ? n - this.first : this.#numbered ? this.#end : this.count;
      this.#cache.put(start, n === null ? this.#withNumbers(start, lines) : lines);
      this.#end = start + lines.length;
      this.count = Math.max(this.count, this.#end);
    } else {
      this.#tail.put(this.count, lines);
      this.count += lines.length;
    }
  }

  /** Make room for lines that the stream skipped. @param {number} lines */
  skip(lines) {
    this.#end += lines;
    this.count = this.exact ? Math.max(this.count, this.#end) : this.count + lines;
  }

  /**
   * Store requested lines at their final indexes.
   * @param {LineRow[]} lines consecutive lines
   * @param {number} [start] index of the first line, by default derived from its number
   */
  put(lines, start = /** @type {number} */ (lines[0].n) - this.first) {
    this.#cache.put(start, lines);
    if (this.exact) this.count = Math.max(this.count, start + lines.length);
  }

  /**
   * Return a cursor to request lines before, for a line whose index is not final. Return null if the index is final
   * or no cursor is near.
   * @param {number} index
   * @param {number} near maximum distance in lines
   * @returns {{at: string, index: number} | null}
   */
  cursorAfter(index, near) {
    if (this.exact) return null;
    const nearest = this.#tail.firstWithCursor(index);
    if (!nearest || nearest.index - index > near) return null;
    return { at: /** @type {string} */ (nearest.line.at), index: nearest.index };
  }

  /**
   * Store the lines before such a cursor. No lines means that the file starts at the cursor.
   * @param {number} end index of the line with the cursor
   * @param {LineRow[]} lines
   */
  prepend(end, lines) {
    if (this.exact) return;
    if (lines.length > 0) this.#tail.put(end - lines.length, lines);
    else this.#fixTail(-end);
  }

  /** A line of the tail whose position `resolve` needs. */
  get landmark() {
    const start = this.#tail.start;
    return start === null ? null : this.#tail.firstWithCursor(start);
  }

  /**
   * @param {number} index index of the landmark
   * @param {number} n its line number as reported by the server
   */
  resolve(index, n) {
    if (!this.exact) this.#fixTail(n - this.first - index);
    if (this.counted) this.count = Math.max(this.#end, this.progress.lines);
  }

  /** Raise the line count to at least this number. @param {number} lines */
  grow(lines) {
    this.count = Math.max(this.count, lines);
  }

  /**
   * Return the nearest line at or before `index` that has a cursor.
   * @param {number} index
   */
  cursorBefore(index) {
    return (this.exact ? null : this.#tail.lastWithCursor(index)) ?? this.#cache.lastWithCursor(index);
  }

  /** @param {number} lines maximum number of lines to keep */
  trim(lines) {
    const limit = { lines, characters: lines * 300 };
    this.#cache.trim(limit);
    this.#tail.trim(limit);
  }

  /** @param {number} lines */
  #estimate(lines) {
    const count = Math.max(Math.round(lines), this.#tail.lines);
    this.#tail.shift(count - this.count);
    this.tailShift += count - this.count;
    this.count = count;
  }

  /** Fix the indexes of the tail: they are `delta` higher than estimated. @param {number} delta */
  #fixTail(delta) {
    this.exact = true;
    this.tailShift += delta;
    this.count = this.#end = Math.max(0, this.count + delta);
    for (const { start, lines } of this.#tail.takeAll()) {
      this.#cache.put(start + delta, this.#withNumbers(start + delta, lines));
    }
  }

  /**
   * @param {number} start
   * @param {LineRow[]} lines
   */
  #withNumbers(start, lines) {
    if (!this.#numbered) return lines;
    return lines.map((line, offset) => ({ ...line, n: this.first + start + offset }));
  }
}
