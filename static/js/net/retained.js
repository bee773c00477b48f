/** The last events of one source, for a channel that joins late or could not keep up: bounded by lines and by size. */

/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {Exclude<StreamEvent, {kind: "end"}>} SourceBoundEvent */
/**
 * @typedef {object} Entry
 * @property {number} seq its place among the events of all sources
 * @property {SourceBoundEvent} event
 * @property {number} lines how many a reader misses without it; NaN if nobody knows
 * @property {number} size in characters
 */

const ENOUGH_LINES = 500;
const MOST_LINES = 2_000;
const MOST_CHARACTERS = 1_000_000;
// What an event weighs besides its text, so that notes without end are bounded too.
const OVERHEAD = 100;

export class Retained {
  /** @type {Entry[]} */
  #entries = [];
  #lines = 0;
  #size = 0;
  #state = "";

  /**
   * A server tells the state of a source to each new connection.
   * @param {SourceBoundEvent} event
   */
  isNews(event) {
    if (event.kind !== "source" || event.state === "rotated") return true;
    const changed = event.state !== this.#state;
    this.#state = event.state;
    return changed;
  }

  /**
   * @param {number} seq higher than all before
   * @param {SourceBoundEvent} event
   */
  push(seq, event) {
    const entry = { seq, event, lines: linesOf(event), size: sizeOf(event) };
    this.#entries.push(entry);
    this.#lines += shownLines(event);
    this.#size += entry.size;
  }

  /**
   * @param {number} seq
   * @returns {Entry[]} those after it, in order
   */
  since(seq) {
    let first = this.#entries.length;
    while (first > 0 && this.#entries[first - 1].seq > seq) first -= 1;
    return this.#entries.slice(first);
  }

  /** @returns {Entry[]} what had to go, the oldest first */
  trim() {
    let gone = 0;
    while (gone < this.#entries.length - 1 && this.#mayGo(this.#entries[gone])) {
      this.#lines -= shownLines(this.#entries[gone].event);
      this.#size -= this.#entries[gone].size;
      gone += 1;
    }
    return gone > 0 ? this.#entries.splice(0, gone) : [];
  }

  /** @param {Entry} oldest */
  #mayGo(oldest) {
    if (this.#size > MOST_CHARACTERS) return true;
    return this.#lines > MOST_LINES && this.#lines - shownLines(oldest.event) >= ENOUGH_LINES;
  }
}

/** @param {SourceBoundEvent} event */
const shownLines = (event) => (event.kind === "lines" ? event.lines.length : 0);

/** @param {SourceBoundEvent} event */
function linesOf(event) {
  return event.kind === "gap" ? (event.lines ?? NaN) : shownLines(event);
}

/** @param {SourceBoundEvent} event */
function sizeOf(event) {
  if (event.kind !== "lines") return OVERHEAD;
  return event.lines.reduce((size, line) => size + line.length, OVERHEAD);
}
