/**
 * The lines of one file, or of a view as if it were one. Until the server has counted it, how many there are is an estimate, and the lines at its end
 * have places that may move together; what came with a number is at its place for good.
 */

import { LineCache } from "./line-cache.js";

/** @typedef {import("./rows.js").LineRow} LineRow */
/**
 * What `/api/lines` tells of a file.
 * @typedef {object} FileInfo
 * @property {string} file
 * @property {number} first number of its first line
 * @property {number} lines counted so far
 * @property {number} counted bytes
 * @property {number} size bytes
 * @property {string | null} loss why lines before its first one are lost
 */

const BYTES_A_LINE = 100;

export class FileLines {
  /** Whether places are the file's own. */
  exact = false;
  /** Lines in the file, or an estimate. */
  count = 0;
  /** @type {string | null} */
  loss = null;
  /** Whether the server told of it, and not only a live line. */
  reported = false;
  /** How far the server has counted. */
  progress = { counted: 0, size: 0, lines: 0 };
  /** Number of the line with the index 0. */
  first = 1;
  /** How far the lines at the end were moved altogether: an index that is not `fixed` moves with it. */
  tailShift = 0;
  #cache = new LineCache();
  #tail = new LineCache();
  #end = 0;
  /** @type {import("./rows.js").DividerRow | null} */
  #divider = null;

  #numbered;

  /**
   * @param {string} id
   * @param {boolean} [numbered] whether the number of a line tells its index; in a view it does not
   */
  constructor(id, numbered = true) {
    this.id = id;
    this.#numbered = numbered;
  }

  /** Lines that are here. */
  get lines() {
    return this.#cache.lines + this.#tail.lines;
  }

  /** Whether the whole file was counted. */
  get counted() {
    return this.progress.counted >= this.progress.size;
  }

  /** Whether `resolve` is due: the file is counted, and lines are here whose place is not known. */
  get unresolved() {
    return !this.exact && this.reported && this.counted;
  }

  /** Whether a line's index is for good. @param {number} index */
  fixed(index) {
    return this.exact || this.#cache.has(index);
  }

  /** The row before its first line. @param {string} source @returns {import("./rows.js").DividerRow} */
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

  /** @param {FileInfo} facts */
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
   * Lines that came live, after all that came live before.
   * @param {number | null} n number of the first
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

  /** Lines that were left out live. @param {number} lines */
  skip(lines) {
    this.#end += lines;
    this.count = this.exact ? Math.max(this.count, this.#end) : this.count + lines;
  }

  /**
   * Lines with known places that were asked for.
   * @param {LineRow[]} lines in a row
   * @param {number} [start] index of the first; without it its number tells
   */
  put(lines, start = /** @type {number} */ (lines[0].n) - this.first) {
    this.#cache.put(start, lines);
    if (this.exact) this.count = Math.max(this.count, start + lines.length);
  }

  /**
   * The cursor before which to ask for a line whose place is not known for good; null if there is none, or the line
   * is not near it.
   * @param {number} index
   * @param {number} near lines
   * @returns {{at: string, index: number} | null}
   */
  cursorAfter(index, near) {
    if (this.exact) return null;
    const found = this.#tail.firstWithCursor(index);
    return found && found.index - index <= near ? { at: /** @type {string} */ (found.line.at), index: found.index } : null;
  }

  /**
   * The lines before such a cursor; none if the file begins there.
   * @param {number} end the index of the line with the cursor
   * @param {LineRow[]} lines
   */
  prepend(end, lines) {
    if (this.exact) return;
    if (lines.length > 0) this.#tail.put(end - lines.length, lines);
    else this.#fixTail(-end);
  }

  /** A line at its end of which the place is asked for to `resolve` it. */
  get landmark() {
    const start = this.#tail.start;
    return start === null ? null : this.#tail.firstWithCursor(start);
  }

  /**
   * @param {number} index the landmark's
   * @param {number} n its number, by the server
   */
  resolve(index, n) {
    if (!this.exact) this.#fixTail(n - this.first - index);
    if (this.counted) this.count = Math.max(this.#end, this.progress.lines);
  }

  /** There are at least so many. @param {number} lines */
  grow(lines) {
    this.count = Math.max(this.count, lines);
  }

  /**
   * The nearest line before or at `index` whose cursor is known.
   * @param {number} index
   */
  cursorBefore(index) {
    return (this.exact ? null : this.#tail.lastWithCursor(index)) ?? this.#cache.lastWithCursor(index);
  }

  /** @param {number} lines the most to keep */
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

  /** The places at the end are known: they are this much further on. @param {number} delta */
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
