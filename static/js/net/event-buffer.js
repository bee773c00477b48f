/** The last events of one source, for subscribers that join late or fall behind. Limited by lines and by size. */

/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {Exclude<StreamEvent, {kind: "end"}>} SourceBoundEvent */
/**
 * @typedef {object} BufferedEvent
 * @property {number} seq sequence number across all sources
 * @property {SourceBoundEvent} event
 * @property {number} lines lines that a subscriber loses without this event; NaN if unknown
 * @property {number} size in characters
 */

const MIN_LINES = 500;
const MOST_LINES = 2_000;
const MOST_CHARACTERS = 1_000_000;
// Size of an event besides its text, which limits the number of events without text too.
const EVENT_CHARACTERS = 100;

export class EventBuffer {
  /** @type {BufferedEvent[]} */
  #entries = [];
  #lines = 0;
  #size = 0;
  #state = "";

  /**
   * Record the state in an event. Return false for a repeated state: the server sends the state of a source on each
   * new connection.
   * @param {SourceBoundEvent} event
   */
  recordState(event) {
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
    const entry = { seq, event, lines: lostLines(event), size: sizeOf(event) };
    this.#entries.push(entry);
    this.#lines += lineCount(event);
    this.#size += entry.size;
  }

  /**
   * @param {number} seq
   * @returns {BufferedEvent[]} events after `seq`, in order
   */
  since(seq) {
    let first = this.#entries.length;
    while (first > 0 && this.#entries[first - 1].seq > seq) first -= 1;
    return this.#entries.slice(first);
  }

  /** @returns {BufferedEvent[]} dropped events, oldest first */
  trim() {
    let dropped = 0;
    while (dropped < this.#entries.length - 1 && this.#canDrop(this.#entries[dropped])) {
      this.#lines -= lineCount(this.#entries[dropped].event);
      this.#size -= this.#entries[dropped].size;
      dropped += 1;
    }
    return dropped > 0 ? this.#entries.splice(0, dropped) : [];
  }

  /** @param {BufferedEvent} oldest */
  #canDrop(oldest) {
    if (this.#size > MOST_CHARACTERS) return true;
    return this.#lines > MOST_LINES && this.#lines - lineCount(oldest.event) >= MIN_LINES;
  }
}

/** @param {SourceBoundEvent} event */
const lineCount = (event) => (event.kind === "lines" ? event.lines.length : 0);

/** @param {SourceBoundEvent} event */
function lostLines(event) {
  return event.kind === "gap" ? (event.lines ?? NaN) : lineCount(event);
}

/** @param {SourceBoundEvent} event */
function sizeOf(event) {
  if (event.kind !== "lines") return EVENT_CHARACTERS;
  return event.lines.reduce((size, line) => size + line.length, EVENT_CHARACTERS);
}
