/** The rows on the page, and the sole owner of scrollTop: appends, drops the oldest, keeps the reader's place. */

import { element } from "../lib/element.js";
import { counted } from "../lib/numbers.js";

/**
 * @typedef {object} Made
 * @property {HTMLElement} element
 * @property {number} lines received lines that it stands for
 * @property {number} size characters that it holds
 */

const MOST_ROWS = 5_000;
const MOST_CHARACTERS = 32_000_000;
const FEWEST_DIGITS = 6;
// When the list moves, the browser looks at blocks and not at each row in them.
const ROWS_PER_BLOCK = 100;

export class Scroller {
  #viewport;
  #list;
  #older = element("div", "row note older");
  /** @type {Made[]} in their order on the page */
  #rows = [];
  #size = 0;
  #olderLines = 0;
  #writtenTop = 0;
  #numberWidth = 0;

  /**
   * @param {HTMLElement} viewport what scrolls
   * @param {HTMLElement} list what holds the rows
   */
  constructor(viewport, list) {
    this.#viewport = viewport;
    this.#list = list;
    this.clear();
  }

  /** In CSS pixels, never below 0. */
  get distanceToEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#viewport;
    return Math.max(0, scrollHeight - scrollTop - clientHeight);
  }

  /** How many rows fit in without taking one away that the reader has in front or below. */
  get room() {
    const free = MOST_ROWS - this.#rows.length;
    if (free > 0) return free;
    return this.distanceToEnd < 2 * this.#viewport.clientHeight ? this.#rowsAbove() : 0;
  }

  clear() {
    this.#rows = [];
    this.#size = this.#olderLines = this.#numberWidth = 0;
    this.fitNumbers(FEWEST_DIGITS);
    this.#older.hidden = true;
    this.#list.replaceChildren(this.#older);
  }

  /** @param {readonly Made[]} rows */
  append(rows) {
    for (const row of rows) {
      this.#rows.push(row);
      this.#size += row.size;
    }
    const elements = rows.map((row) => row.element);
    const last = this.#list.lastElementChild;
    if (last && last !== this.#older) last.append(...elements.splice(0, ROWS_PER_BLOCK - last.childElementCount));
    while (elements.length > 0) this.#list.append(element("div", "block", ...elements.splice(0, ROWS_PER_BLOCK)));
  }

  /** Drops the oldest rows past the bound, wherever the reader is. */
  trim() {
    this.#drop(this.#surplus());
  }

  /** The same, but only rows above the ones in view, which stay where they are on the screen. */
  trimAbove() {
    const count = Math.min(this.#surplus(), this.#rowsAbove());
    if (count > 0) this.keepPlace(() => this.#drop(count));
  }

  /** Whether the list stands where it was last put from here, so a scroll event is not the reader's. */
  get isWherePut() {
    return this.#viewport.scrollTop === this.#writtenTop;
  }

  /**
   * The column of line numbers only ever grows.
   * @param {number} characters
   */
  fitNumbers(characters) {
    if (characters <= this.#numberWidth) return;
    this.#numberWidth = characters;
    this.#list.style.setProperty("--number-width", `${characters}ch`);
  }

  toEnd() {
    this.#moveTo(this.#viewport.scrollHeight);
  }

  toStart() {
    this.#moveTo(0);
  }

  /**
   * The first row in view is at the same height after the change as before.
   * @param {() => void} change
   */
  keepPlace(change) {
    const anchor = this.#rows[this.#rowsAbove()]?.element;
    const before = anchor?.getBoundingClientRect().top;
    change();
    if (anchor?.isConnected) this.#moveTo(this.#viewport.scrollTop + anchor.getBoundingClientRect().top - before);
  }

  /** @param {number} top */
  #moveTo(top) {
    this.#viewport.scrollTop = top;
    this.#writtenTop = this.#viewport.scrollTop;
  }

  #surplus() {
    let size = this.#size;
    let count = 0;
    const rows = this.#rows.length;
    while (count < rows - 1 && (rows - count > MOST_ROWS || size > MOST_CHARACTERS)) {
      size -= this.#rows[count].size;
      count += 1;
    }
    return count;
  }

  /** Rows that end above the upper edge of the viewport. */
  #rowsAbove() {
    const top = this.#viewport.getBoundingClientRect().top;
    let low = 0;
    let high = this.#rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#rows[middle].element.getBoundingClientRect().bottom <= top) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param {number} count */
  #drop(count) {
    for (const { element, lines, size } of this.#rows.splice(0, count)) {
      this.#olderLines += lines;
      this.#size -= size;
      const block = element.parentElement;
      element.remove();
      if (block?.childElementCount === 0) block.remove();
    }
    if (this.#olderLines === 0) return;
    this.#older.hidden = false;
    const words = `${counted(this.#olderLines, "older line")} no longer on this page`;
    this.#older.replaceChildren(element("span", "words", words));
  }
}
