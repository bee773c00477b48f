/** Several sources as one surface: their lines as they came, the newest so many, with what happened to the sources. */

import { rowsOf } from "./rows.js";

/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./events.js").SourceEvent} SourceEvent */

const MOST_ROWS = 100_000;
const MOST_CHARACTERS = 30_000_000;
// All at once, so that it is seldom.
const LEAVING = 5_000;

export class StreamDocument {
  #change;
  /** @type {Row[]} */
  #rows = [];
  #gone = 0;
  #characters = 0;
  #received = 0;
  #skipped = 0;
  /** @type {Map<string, SourceEvent["state"]>} */
  #states = new Map();

  /** @param {{change: (change: () => void) => void}} host who shows the document */
  constructor({ change }) {
    this.#change = change;
  }

  close() {}

  get received() {
    return this.#received;
  }

  get skipped() {
    return this.#skipped;
  }

  get empty() {
    return this.#rows.length === 0;
  }

  get exact() {
    return true;
  }

  get counting() {
    return null;
  }

  get total() {
    return this.#rows.length;
  }

  /** @param {number} row @returns {Row | null} */
  row(row) {
    return this.#rows[row] ?? null;
  }

  /** @param {number} row */
  number(row) {
    const found = this.row(row);
    return found?.kind === "line" ? found.n : null;
  }

  /** @param {number} row */
  place(row) {
    return row + this.#gone;
  }

  /** @param {number} place */
  locate(place) {
    return Math.max(0, place - this.#gone);
  }

  /** @param {number} n from 1 */
  rowOfLine(n) {
    return Math.max(0, Math.min(this.total, n) - 1);
  }

  want() {}

  /**
   * @param {number} first
   * @param {number} last the row after them
   */
  collect(first, last) {
    return Promise.resolve(this.#rows.slice(first, last).filter((row) => row.kind === "line"));
  }

  /** @param {number} row */
  cursor(row) {
    for (let at = row; at >= 0; at -= 1) {
      const found = this.#rows[at];
      if (found?.kind === "line" && found.at) return { at: found.at, below: row - at };
    }
    return null;
  }

  /** @param {import("./events.js").StreamEvent} event */
  accept(event) {
    switch (event.kind) {
      case "lines":
        if (!this.#states.has(event.source)) this.#states.set(event.source, "open");
        this.#received += event.lines.length;
        this.#append(rowsOf(event));
        break;
      case "gap":
        this.#received += event.lines ?? 0;
        if (event.reason === "skipped") this.#skipped += event.lines ?? 0;
        this.#append([event]);
        break;
      case "source":
        this.#acceptState(event);
        break;
      case "end":
        if (event.reason === "complete") this.#append([{ kind: "complete" }]);
    }
  }

  /** @param {SourceEvent} event the state that a source begins with is no news */
  #acceptState(event) {
    const { source, state } = event;
    const before = this.#states.get(source);
    if (state === "rotated" || (before !== undefined && state !== before)) this.#append([event]);
    // A rotated source goes on: what follows is open.
    this.#states.set(source, state === "rotated" ? "open" : state);
  }

  /** @param {Row[]} rows */
  #append(rows) {
    this.#change(() => {
      for (const row of rows) {
        this.#rows.push(row);
        this.#characters += sizeOf(row);
      }
      if (this.#rows.length > MOST_ROWS || this.#characters > MOST_CHARACTERS) this.#leave();
    });
  }

  #leave() {
    const leaving = this.#rows.splice(0, Math.min(LEAVING, this.#rows.length - 1));
    this.#gone += leaving.length;
    for (const row of leaving) this.#characters -= sizeOf(row);
  }
}

/** @param {Row} row */
function sizeOf(row) {
  return row.kind === "line" ? row.text.length : 0;
}
