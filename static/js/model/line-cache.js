/**
 * A cache of loaded lines by index, held in segments that may lie far apart. Above the limit, the least recently used
 * segments are dropped.
 */

/** @typedef {import("./rows.js").LineRow} LineRow */
/** @typedef {{start: number, lines: LineRow[], characters: number, used: number}} Segment */
/** @typedef {{lines: number, characters: number}} CacheLimit */

// Small enough to drop one at a time, large enough to keep the number of segments low.
const SEGMENT_LINES = 1_000;

export class LineCache {
  /** @type {Segment[]} sorted and disjoint */
  #segments = [];
  #uses = 0;
  #lines = 0;
  #characters = 0;

  /** Number of loaded lines. */
  get lines() {
    return this.#lines;
  }

  /** Index of the first loaded line; null if there is none. */
  get start() {
    return this.#segments.length > 0 ? this.#segments[0].start : null;
  }

  /** @param {number} index @returns {LineRow | null} */
  get(index) {
    const segment = this.#segmentAt(index);
    if (!segment) return null;
    segment.used = this.#uses += 1;
    return segment.lines[index - segment.start];
  }

  /** @param {number} index whether this line is loaded; does not count as use */
  has(index) {
    return this.#segmentAt(index) !== null;
  }

  /**
   * Store lines and replace those at the same indexes.
   * @param {number} start index of the first line
   * @param {readonly LineRow[]} lines
   */
  put(start, lines) {
    this.#remove(start, start + lines.length);
    const before = this.#segments[this.#search(start) - 1];
    let from = 0;
    if (before && endOf(before) === start) {
      from = Math.min(lines.length, SEGMENT_LINES - before.lines.length);
      if (from > 0) this.#grow(before, lines.slice(0, from));
      from = Math.max(0, from);
    }
    for (; from < lines.length; from += SEGMENT_LINES) {
      this.#insert(start + from, lines.slice(from, from + SEGMENT_LINES));
    }
  }

  /** Add `delta` to every index. @param {number} delta */
  shift(delta) {
    for (const segment of this.#segments) segment.start += delta;
  }

  /** Empty the cache. @returns {{start: number, lines: LineRow[]}[]} the former content in order */
  takeAll() {
    const segments = this.#segments;
    this.#segments = [];
    this.#lines = this.#characters = 0;
    return segments;
  }

  /**
   * Return the first line at or after `index` that has a cursor.
   * @param {number} index
   * @returns {{index: number, line: LineRow} | null}
   */
  firstWithCursor(index) {
    for (let number = Math.max(0, this.#search(index + 1) - 1); number < this.#segments.length; number += 1) {
      const { start, lines } = this.#segments[number];
      const offset = lines.findIndex((line, number) => line.at !== null && start + number >= index);
      if (offset >= 0) return { index: start + offset, line: lines[offset] };
    }
    return null;
  }

  /**
   * Return the last line at or before `index` that has a cursor, with no missing line in between.
   * @param {number} index
   * @returns {{index: number, line: LineRow} | null}
   */
  lastWithCursor(index) {
    for (let before = index; this.has(before); before -= 1) {
      const segment = /** @type {Segment} */ (this.#segmentAt(before));
      const line = segment.lines[before - segment.start];
      if (line.at !== null) return { index: before, line };
    }
    return null;
  }

  /** @param {CacheLimit} limit */
  trim({ lines, characters }) {
    if (this.#lines <= lines && this.#characters <= characters) return;
    const oldest = this.#segments.slice(0, -1).sort((one, other) => one.used - other.used);
    for (const segment of oldest) {
      if (this.#lines <= lines && this.#characters <= characters) return;
      this.#drop(segment);
    }
  }

  /** @param {number} index @returns {Segment | null} */
  #segmentAt(index) {
    const segment = this.#segments[this.#search(index + 1) - 1];
    return segment && index < endOf(segment) ? segment : null;
  }

  /** Return how many segments begin before `index`. @param {number} index */
  #search(index) {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#segments[middle].start < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * @param {Segment} segment
   * @param {readonly LineRow[]} lines
   */
  #grow(segment, lines) {
    for (const line of lines) segment.lines.push(line);
    const characters = charactersOf(lines);
    segment.characters += characters;
    segment.used = this.#uses += 1;
    this.#count(lines.length, characters);
  }

  /**
   * @param {number} start
   * @param {LineRow[]} lines
   */
  #insert(start, lines) {
    const segment = { start, lines, characters: charactersOf(lines), used: (this.#uses += 1) };
    this.#segments.splice(this.#search(start), 0, segment);
    this.#count(lines.length, segment.characters);
  }

  /** @param {Segment} segment */
  #drop(segment) {
    this.#segments.splice(this.#segments.indexOf(segment), 1);
    this.#count(-segment.lines.length, -segment.characters);
  }

  /**
   * Remove a range of indexes from the segments that overlap it.
   * @param {number} from
   * @param {number} to
   */
  #remove(from, to) {
    const first = Math.max(0, this.#search(from) - 1);
    const touched = this.#segments.slice(first, this.#search(to)).filter((segment) => endOf(segment) > from);
    for (const segment of touched) {
      this.#drop(segment);
      if (segment.start < from) this.#insert(segment.start, segment.lines.slice(0, from - segment.start));
      if (endOf(segment) > to) this.#insert(to, segment.lines.slice(to - segment.start));
    }
  }

  /**
   * @param {number} lines
   * @param {number} characters
   */
  #count(lines, characters) {
    this.#lines += lines;
    this.#characters += characters;
  }
}

/** @param {Segment} segment */
function endOf(segment) {
  return segment.start + segment.lines.length;
}

/** @param {readonly LineRow[]} lines */
function charactersOf(lines) {
  return lines.reduce((sum, { text }) => sum + text.length, 0);
}
