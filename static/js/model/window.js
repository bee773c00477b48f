/**
 * The lines of one file that are here, by index: spans that may lie far apart. When they are too many, those go that
 * were not asked for the longest.
 */

/** @typedef {import("./rows.js").LineRow} LineRow */
/** @typedef {{start: number, lines: LineRow[], characters: number, used: number}} Span */
/** @typedef {{lines: number, characters: number}} Bound */

// Small enough to leave one by one, large enough to be few.
const SPAN_LINES = 1_000;

export class Window {
  /** @type {Span[]} sorted, none touching another's lines */
  #spans = [];
  #clock = 0;
  #lines = 0;
  #characters = 0;

  /** Lines that are here. */
  get lines() {
    return this.#lines;
  }

  /** Index of the first line that is here; null if there is none. */
  get start() {
    return this.#spans.length > 0 ? this.#spans[0].start : null;
  }

  /** @param {number} index @returns {LineRow | null} */
  get(index) {
    const span = this.#spanAt(index);
    if (!span) return null;
    span.used = this.#clock += 1;
    return span.lines[index - span.start];
  }

  /** @param {number} index whether this line is here; asking does not count as use */
  has(index) {
    return this.#spanAt(index) !== null;
  }

  /**
   * What was at these indices before is replaced.
   * @param {number} start index of the first line
   * @param {readonly LineRow[]} lines
   */
  put(start, lines) {
    this.#remove(start, start + lines.length);
    const before = this.#spans[this.#search(start) - 1];
    let from = 0;
    if (before && endOf(before) === start) {
      from = Math.min(lines.length, SPAN_LINES - before.lines.length);
      if (from > 0) this.#grow(before, lines.slice(0, from));
      from = Math.max(0, from);
    }
    for (; from < lines.length; from += SPAN_LINES) this.#insert(start + from, lines.slice(from, from + SPAN_LINES));
  }

  /** All lines get other indices. @param {number} delta */
  shift(delta) {
    for (const span of this.#spans) span.start += delta;
  }

  /** Empties it. @returns {{start: number, lines: LineRow[]}[]} what was here, in order */
  takeAll() {
    const spans = this.#spans;
    this.#spans = [];
    this.#lines = this.#characters = 0;
    return spans;
  }

  /**
   * The first line from `index` on that knows its cursor.
   * @param {number} index
   * @returns {{index: number, line: LineRow} | null}
   */
  firstWithCursor(index) {
    for (let place = Math.max(0, this.#search(index + 1) - 1); place < this.#spans.length; place += 1) {
      const { start, lines } = this.#spans[place];
      const found = lines.findIndex((line, offset) => line.at !== null && start + offset >= index);
      if (found >= 0) return { index: start + found, line: lines[found] };
    }
    return null;
  }

  /**
   * The last line before or at `index` that knows its cursor, without a missing line in between.
   * @param {number} index
   * @returns {{index: number, line: LineRow} | null}
   */
  lastWithCursor(index) {
    for (let at = index; this.has(at); at -= 1) {
      const span = /** @type {Span} */ (this.#spanAt(at));
      const line = span.lines[at - span.start];
      if (line.at !== null) return { index: at, line };
    }
    return null;
  }

  /** @param {Bound} bound */
  trim({ lines, characters }) {
    if (this.#lines <= lines && this.#characters <= characters) return;
    const oldest = this.#spans.slice(0, -1).sort((one, other) => one.used - other.used);
    for (const span of oldest) {
      if (this.#lines <= lines && this.#characters <= characters) return;
      this.#drop(span);
    }
  }

  /** @param {number} index @returns {Span | null} */
  #spanAt(index) {
    const span = this.#spans[this.#search(index + 1) - 1];
    return span && index < endOf(span) ? span : null;
  }

  /** How many spans begin before `index`. @param {number} index */
  #search(index) {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#spans[middle].start < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * @param {Span} span
   * @param {readonly LineRow[]} lines
   */
  #grow(span, lines) {
    for (const line of lines) span.lines.push(line);
    const characters = charactersOf(lines);
    span.characters += characters;
    span.used = this.#clock += 1;
    this.#count(lines.length, characters);
  }

  /**
   * @param {number} start
   * @param {LineRow[]} lines
   */
  #insert(start, lines) {
    const span = { start, lines, characters: charactersOf(lines), used: (this.#clock += 1) };
    this.#spans.splice(this.#search(start), 0, span);
    this.#count(lines.length, span.characters);
  }

  /** @param {Span} span */
  #drop(span) {
    this.#spans.splice(this.#spans.indexOf(span), 1);
    this.#count(-span.lines.length, -span.characters);
  }

  /**
   * Takes the lines of a range out of the spans that hold some of them.
   * @param {number} from
   * @param {number} to
   */
  #remove(from, to) {
    const first = Math.max(0, this.#search(from) - 1);
    const touched = this.#spans.slice(first, this.#search(to)).filter((span) => endOf(span) > from);
    for (const span of touched) {
      this.#drop(span);
      if (span.start < from) this.#insert(span.start, span.lines.slice(0, from - span.start));
      if (endOf(span) > to) this.#insert(to, span.lines.slice(to - span.start));
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

/** @param {Span} span */
function endOf(span) {
  return span.start + span.lines.length;
}

/** @param {readonly LineRow[]} lines */
function charactersOf(lines) {
  return lines.reduce((sum, { text }) => sum + text.length, 0);
}
