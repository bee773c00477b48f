/** The visible lines, and the current line among them. */

import { group } from "../lib/numbers.js";

/** @typedef {import("../model/rows.js").LineRow} LineRow */
/** @typedef {{row: number, line: LineRow}} VisibleLine */

export class VisibleRows {
  #viewport;
  #row;
  #rowState;

  /**
   * @param {import("./viewport.js").Viewport} viewport
   * @param {(row: number) => import("../model/rows.js").Row | null} row
   * @param {import("./row-state.js").RowState} rowState
   */
  constructor(viewport, row, rowState) {
    this.#viewport = viewport;
    this.#row = row;
    this.#rowState = rowState;
  }

  /** @param {number} row @returns {VisibleLine | null} */
  at(row) {
    const content = this.#row(row);
    return content?.kind === "line" ? { row, line: content } : null;
  }

  /** @param {Node} node inside a row */
  of(node) {
    const row = this.#viewport.rowOf(node);
    return row === null ? null : this.at(row);
  }

  /**
   * Return the chosen line if it is visible; otherwise the newest line while following, or the topmost one.
   * @param {boolean} following
   * @returns {(VisibleLine & {isChosen: boolean}) | null}
   */
  current(following) {
    const lines = this.#from(this.#viewport.firstWhole);
    const chosen = lines.find(({ line }) => this.#rowState.isChosen(line));
    const current = chosen ?? (following ? lines.at(-1) : lines[0]);
    return current ? { ...current, isChosen: current === chosen } : null;
  }

  /** The range of the visible lines' times in epoch milliseconds; null if no line has a time. */
  get times() {
    const times = this.#from(this.#viewport.top).flatMap(({ line }) => line.time ?? []);
    return times.length > 0 ? { from: Math.min(...times), to: Math.max(...times) } : null;
  }

  /** Width of the longest visible line number in characters. */
  get numberWidth() {
    const lines = this.#from(this.#viewport.top);
    return Math.max(0, ...lines.map(({ line }) => (line.n === null ? 0 : group(line.n).length)));
  }

  /** @param {number} top */
  #from(top) {
    const rows = Array.from({ length: Math.max(0, this.#viewport.bottom - top) }, (_, index) => top + index);
    return rows.flatMap((row) => this.at(row) ?? []);
  }
}
