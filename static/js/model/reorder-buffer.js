/** Live lines of several sources, held back for a moment so that they follow each other by their times. */

/** @typedef {import("./rows.js").LineRow} LineRow */

const HOLD_MS = 250;

export class ReorderBuffer {
  #release;
  /** @type {LineRow[]} */
  #held = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {(rows: LineRow[]) => void} release is given them in order */
  constructor(release) {
    this.#release = release;
  }

  /** @param {readonly LineRow[]} rows of one source, in the order of its file */
  add(rows) {
    for (const row of rows) this.#held.push(row);
    this.#timer ??= setTimeout(() => this.flush(), HOLD_MS);
  }

  /** Releases what is held. */
  flush() {
    this.close();
    const rows = sortByTime(this.#held.splice(0));
    if (rows.length > 0) this.#release(rows);
  }

  /** Releases nothing by itself any more. */
  close() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * By time; those of one source stay as they are, and a line without a time stays with the one before it.
 * @param {readonly LineRow[]} rows
 * @returns {LineRow[]}
 */
export function sortByTime(rows) {
  /** @type {Map<string, number>} */
  const latest = new Map();
  let before = -Infinity;
  const dated = rows.map((row) => {
    const own = latest.get(row.source);
    const time = Math.max(row.time ?? own ?? before, own ?? -Infinity);
    latest.set(row.source, time);
    before = time;
    return { row, time };
  });
  // Not by their difference: infinite times have none.
  dated.sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
  return dated.map(({ row }) => row);
}
