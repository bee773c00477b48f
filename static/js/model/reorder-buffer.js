/** Holds live lines of several sources for a moment and releases them in time order. */

/** @typedef {import("./rows.js").LineRow} LineRow */

const HOLD_MS = 250;

export class ReorderBuffer {
  #release;
  /** @type {LineRow[]} */
  #held = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {(rows: LineRow[]) => void} release called with rows in time order */
  constructor(release) {
    this.#release = release;
  }

  /** @param {readonly LineRow[]} rows rows of one source in file order */
  add(rows) {
    for (const row of rows) this.#held.push(row);
    this.#timer ??= setTimeout(() => this.flush(), HOLD_MS);
  }

  /** Release all held rows now. */
  flush() {
    this.close();
    const rows = sortByTime(this.#held.splice(0));
    if (rows.length > 0) this.#release(rows);
  }

  /** Cancel the timer; held rows stay. */
  close() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * Sort rows by time. Rows of one source keep their order, and a line without a time stays with the line before it.
 * @param {readonly LineRow[]} rows
 * @returns {LineRow[]}
 */
export function sortByTime(rows) {
  /** @type {Map<string, number>} */
  const latest = new Map();
  let before = -Infinity;
  const timed = rows.map((row) => {
    const own = latest.get(row.source);
    const time = Math.max(row.time ?? own ?? before, own ?? -Infinity);
    latest.set(row.source, time);
    before = time;
    return { row, time };
  });
  // Subtraction does not work: infinite times have no difference.
  timed.sort((one, other) => (one.time < other.time ? -1 : one.time > other.time ? 1 : 0));
  return timed.map(({ row }) => row);
}
