/** Holds live lines of several sources for a moment and releases them in time order. */

/** @typedef {import("./rows.js").LineRow} LineRow */

const HOLD_MS = 250;
const FOLLOWING = 3;
const TOLERANCE_MS = 3_600_000;

export class ReorderBuffer {
  #release;
  /** @type {LineRow[]} */
  #held = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** The greatest time so far of each source. @type {Map<string, number>} */
  #latest = new Map();

  /** @param {(rows: LineRow[]) => void} release called with rows in time order */
  constructor(release) {
    this.#release = release;
  }

  /** @param {readonly LineRow[]} rows rows of one source in file order */
  add(rows) {
    for (const row of rows) this.#held.push(row);
    this.#timer ??= setTimeout(() => this.flush(), HOLD_MS);
  }

  /**
   * Begin after other rows.
   * @param {readonly LineRow[]} rows the last rows of all sources
   */
  follow(rows) {
    this.#latest.clear();
    sortByTime(rows, this.#latest);
  }

  /** Release all held rows now. */
  flush() {
    this.close();
    const rows = sortByTime(this.#held.splice(0), this.#latest);
    if (rows.length > 0) this.#release(rows);
  }

  /** Cancel the timer; held rows stay. */
  close() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

/**
 * Sort rows by the greatest time so far in their source, as the server does. Rows of one source keep their order.
 * @param {readonly LineRow[]} rows
 * @param {Map<string, number>} [latest] the greatest time so far of each source; updated
 * @returns {LineRow[]}
 */
export function sortByTime(rows, latest = new Map()) {
  const following = timesBySource(rows);
  const now = new Map(latest);
  let before = -Infinity;
  const keyed = rows.map((row) => {
    const { source, time } = row;
    // Rows of a source without times stay where they came.
    let key = now.get(source) ?? (time === null ? before : -Infinity);
    if (time !== null) {
      const next = /** @type {number[]} */ (following.get(source));
      next.shift();
      if (!isContradicted(time, next.slice(0, FOLLOWING))) key = Math.max(key, time);
      // The next rows may contradict a last time far ahead.
      const known = latest.get(source) ?? time;
      if (next.length > 0 || key <= known + TOLERANCE_MS) latest.set(source, Math.max(known, key));
    }
    now.set(source, key);
    before = key;
    return { row, key };
  });
  // Subtraction does not work: infinite keys have no difference.
  keyed.sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0));
  return keyed.map(({ row }) => row);
}

/** @param {readonly LineRow[]} rows */
function timesBySource(rows) {
  /** @type {Map<string, number[]>} */
  const times = new Map();
  for (const { source, time } of rows) {
    if (time === null) continue;
    if (!times.has(source)) times.set(source, []);
    times.get(source)?.push(time);
  }
  return times;
}

/**
 * Return whether most of the next times are more than an hour earlier.
 * @param {number} time
 * @param {readonly number[]} next
 */
function isContradicted(time, next) {
  return 2 * next.filter((each) => each < time - TOLERANCE_MS).length > next.length;
}
