/**
 * What came and is not shown yet: in order, bounded, and honest. Past its bound the oldest lines go and are counted;
 * gaps among them stay, joined by source and reason. Batches are kept whole, so a flood costs little until it is shown.
 */

/** @typedef {import("./events.js").LinesEvent} LinesEvent */
/** @typedef {import("./events.js").GapEvent} GapEvent */
/** @typedef {import("./rows.js").NoteRow} NoteRow */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {{lines: number, characters: number}} Bound */
/** @typedef {{batch: LinesEvent, next: number}} Chunk `next` is the index of its first line that is still here */

const NOTES = 1_000;

/** @param {Chunk | NoteRow} item @returns {item is Chunk} */
const isChunk = (item) => "batch" in item;

export class Pending {
  /** @type {(Chunk | NoteRow)[]} */
  #items = [];
  #head = 0;
  #lines = 0;
  #characters = 0;
  #skipped = 0;
  #skippedEver = 0;
  /** @type {Map<string, GapEvent>} */
  #gaps = new Map();
  #bound;

  /** @param {Bound} bound */
  constructor(bound) {
    this.#bound = bound;
  }

  /** Lines that are here. */
  get lines() {
    return this.#lines;
  }

  /** Lines that went unshown since the last `clear`. */
  get skipped() {
    return this.#skippedEver;
  }

  get empty() {
    return this.#head === this.#items.length && this.#skipped === 0 && this.#gaps.size === 0;
  }

  /** @param {Bound} bound */
  setBound(bound) {
    this.#bound = bound;
    this.#enforce();
  }

  /** @param {LinesEvent} batch */
  pushLines(batch) {
    if (batch.lines.length === 0) return;
    this.#items.push({ batch, next: 0 });
    this.#lines += batch.lines.length;
    for (const line of batch.lines) this.#characters += line.length;
    this.#enforce();
  }

  /** @param {NoteRow} note */
  pushNote(note) {
    this.#items.push(note);
    this.#enforce();
  }

  clear() {
    this.#items = [];
    this.#gaps.clear();
    this.#head = this.#lines = this.#characters = this.#skipped = this.#skippedEver = 0;
  }

  /**
   * The oldest rows, which leave.
   * @param {number} most
   * @returns {Row[]} a little more than `most` when lines were skipped
   */
  take(most) {
    const rows = this.#takeSkipped();
    while (rows.length < most && this.#head < this.#items.length) {
      const item = this.#items[this.#head];
      if (isChunk(item)) {
        this.#takeLines(item, most - rows.length, rows);
      } else {
        rows.push(item);
        this.#head += 1;
      }
    }
    this.#compact();
    return rows;
  }

  #takeSkipped() {
    /** @type {Row[]} */
    const rows = this.#skipped > 0 ? [{ kind: "skip", lines: this.#skipped }] : [];
    rows.push(...this.#gaps.values());
    this.#skipped = 0;
    this.#gaps.clear();
    return rows;
  }

  /**
   * @param {Chunk} chunk
   * @param {number} most
   * @param {Row[]} rows
   */
  #takeLines(chunk, most, rows) {
    const { batch } = chunk;
    const cuts = new Map(batch.cut);
    const last = batch.lines.length - 1;
    for (let taken = 0; taken < most && chunk.next <= last; taken += 1) {
      const index = chunk.next;
      rows.push({
        kind: "line",
        source: batch.source,
        n: batch.n === null ? null : batch.n + index,
        text: batch.lines[index],
        cut: cuts.get(index) ?? null,
        unterminated: index === last && batch.unterminated === true,
      });
      this.#removeLine(chunk);
    }
  }

  /** @param {Chunk} chunk the first item */
  #removeLine(chunk) {
    this.#lines -= 1;
    this.#characters -= chunk.batch.lines[chunk.next].length;
    chunk.next += 1;
    if (chunk.next === chunk.batch.lines.length) this.#head += 1;
  }

  #enforce() {
    while (this.#isOver()) {
      const item = this.#items[this.#head];
      if (isChunk(item)) {
        this.#removeLine(item);
        this.#skipped += 1;
        this.#skippedEver += 1;
      } else {
        if (item.kind === "gap") this.#keepGap(item);
        this.#head += 1;
      }
    }
    this.#compact();
  }

  #isOver() {
    const { lines, characters } = this.#bound;
    // One line is always kept, however long; notes are bounded too, a source may be truncated all day.
    return (
      this.#lines > lines ||
      (this.#characters > characters && this.#lines > 1) ||
      this.#items.length - this.#head > lines + NOTES
    );
  }

  /** @param {GapEvent} gap */
  #keepGap(gap) {
    const key = JSON.stringify([gap.source, gap.reason]);
    const known = this.#gaps.get(key);
    const lines = known && (known.lines === null || gap.lines === null ? null : known.lines + gap.lines);
    this.#gaps.set(key, known ? { ...gap, lines: lines ?? null } : gap);
  }

  /** Lets go of what left, without moving the whole array each time. */
  #compact() {
    if (this.#head < 1024 && this.#head < this.#items.length) return;
    this.#items.splice(0, this.#head);
    this.#head = 0;
  }
}
