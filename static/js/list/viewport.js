/**
 * A virtual list over a document of any length. It reuses as many row elements as fit, and no other module writes
 * `scrollTop`. The position is the anchor: a row, and the pixels of it above the upper edge. The scrollbar is derived
 * from it.
 */

import { ScrollMap } from "./scroll-map.js";

/** @typedef {import("../model/rows.js").Row} Row */
/**
 * @typedef {object} ListDocument
 * @property {number} total number of rows
 * @property {(row: number) => Row | null} row null for a row that is not loaded
 * @property {(row: number) => unknown} position a position that stays valid when row numbers change
 * @property {(position: any) => number} locate
 * @property {(first: number, last: number) => void} want
 */
/** @typedef {{row: number, px: number}} Anchor */
/**
 * @typedef {object} Parts
 * @property {() => HTMLElement} make create an empty row
 * @property {(element: HTMLElement, row: Row | null, number: number) => void} fill
 * @property {() => void} moved called after the user moved the view
 * @property {() => void} painted
 */

const FLING_SCREENS = 4;
const GESTURE_MS = 150;
const ROWS_AHEAD = 10;
const MARGIN_ROWS = 200;
// Weight of newly measured rows in the average height, the estimate for wrapped rows that were not measured.
const AVERAGE_WEIGHT = 0.2;

export class Viewport {
  #log;
  #spacer;
  #rows;
  #parts;
  /** @type {ListDocument} */
  #document = { total: 0, row: () => null, position: (row) => row, locate: (row) => row, want: () => undefined };
  /** @type {Anchor} */
  #anchor = { row: 0, px: 0 };
  #sticksToEnd = true;
  #frozen = false;
  /** @type {HTMLElement[]} */
  #elements = [];
  #first = 0;
  /** @type {WeakMap<HTMLElement, {row: Row | null, number: number, version: number}>} */
  #filled = new WeakMap();
  /** @type {WeakMap<Row, {height: number, layout: number}>} */
  #heights = new WeakMap();
  #contentVersion = 0;
  #layoutVersion = 0;
  #variableHeights = false;
  #rowHeight = 20;
  #averageHeight = 20;
  #scrollMap = new ScrollMap(0, 0);
  #top = 0;
  #scrolling = false;
  #frame = 0;
  #width = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #gestureTimer;

  /**
   * @param {HTMLElement} log the scrolling element, with a spacer, a layer and the rows nested in it
   * @param {Parts} parts
   */
  constructor(log, parts) {
    this.#log = log;
    this.#parts = parts;
    this.#spacer = child(log, ".spacer");
    this.#rows = child(log, ".rows");
    log.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    log.addEventListener("scrollend", () => this.#endGesture());
    new ResizeObserver(() => this.restyle()).observe(log);
  }

  /** @param {ListDocument} document */
  show(document) {
    this.#document = document;
    this.#anchor = { row: 0, px: 0 };
    this.#width = 0;
    this.refresh();
  }

  /** Whether the view stays at the end when rows are added. @param {boolean} on */
  stickToEnd(on) {
    this.#sticksToEnd = on;
    this.wake();
  }

  /** Whether the view is frozen, even at the end. @param {boolean} on */
  freeze(on) {
    this.#frozen = on;
    this.wake();
  }

  /** Whether row heights vary. @param {boolean} on */
  setVariableHeights(on) {
    this.#variableHeights = on;
    this.restyle();
  }

  /** The first row in view, possibly in part. */
  get top() {
    return this.#anchor.row;
  }

  /** The first row whose upper edge is in view. */
  get firstWhole() {
    const { row, px } = this.#anchor;
    return px > 1 && row + 1 < this.#document.total ? row + 1 : row;
  }

  /** The row after the last row that is in view, possibly in part. */
  get bottom() {
    const height = this.#log.clientHeight;
    let { row, px } = this.#anchor;
    for (let y = -px; y < height && row < this.#document.total; row += 1) y += this.#heightOf(row);
    return row;
  }

  get atEnd() {
    const end = this.#endAnchor();
    return this.#anchor.row > end.row || (this.#anchor.row === end.row && this.#anchor.px > end.px - 1);
  }

  /** Number of rows that fit. */
  get rowsInView() {
    return Math.max(1, Math.floor(this.#log.clientHeight / this.#rowHeight));
  }

  get rowHeight() {
    return this.#rowHeight;
  }

  /** Draw in the next frame. */
  wake() {
    // A hidden page gets no frames.
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  /** Fill all rows again, because their display state changed. */
  refresh() {
    this.#contentVersion += 1;
    this.wake();
  }

  /** Measure all rows again, because their style changed. */
  restyle() {
    this.#layoutVersion += 1;
    this.#width = 0;
    this.#rowHeight = parseFloat(getComputedStyle(this.#log).lineHeight) || this.#rowHeight;
    this.#averageHeight = this.#variableHeights ? Math.max(this.#averageHeight, this.#rowHeight) : this.#rowHeight;
    this.wake();
  }

  /**
   * Run a change of the document and keep the same lines in view.
   * @param {() => void} change changes the document
   */
  change(change) {
    const { total } = this.#document;
    const position = total > 0 ? this.#document.position(Math.min(this.#anchor.row, total - 1)) : null;
    change();
    if (position !== null) this.#anchor.row = this.#document.locate(position);
    if (this.#frozen) return;
    // A few rows are filled at once. The next frame does the rest, and further changes before it.
    const isSmall = this.#document.total - total <= ROWS_AHEAD;
    if (isSmall && this.#frame === 0 && !document.hidden) this.#fillAhead();
    this.wake();
  }

  /** @param {number} px downwards; negative values move up */
  moveBy(px) {
    this.#anchor = this.#movedBy(px);
    this.#notifyMoved();
  }

  /**
   * @param {number} row moved to the upper edge
   * @param {number} [above] number of rows that stay in view above it
   */
  moveTo(row, above = 0) {
    this.#anchor = { row: Math.max(0, Math.min(row, this.#document.total - 1)), px: 0 };
    if (above > 0) this.#anchor = this.#movedBy(-above * this.#rowHeight);
    const end = this.#endAnchor();
    if (end.row < this.#anchor.row) this.#anchor = end;
    this.#notifyMoved();
  }

  toEnd() {
    this.#anchor = this.#endAnchor();
    this.#notifyMoved();
  }

  /** @param {number} px to the right; negative values move left */
  moveSideways(px) {
    this.#log.scrollLeft += px;
  }

  /** Return the element of a row; null if the row is not drawn. @param {number} row @returns {HTMLElement | null} */
  elementOf(row) {
    return this.#elements[row - this.#first] ?? null;
  }

  /** Return the row that contains a node; null for other nodes. @param {Node} node @returns {number | null} */
  rowOf(node) {
    const index = this.#elements.findIndex((element) => element.contains(node));
    return index < 0 ? null : this.#first + index;
  }

  #notifyMoved() {
    this.#scrolling = false;
    this.#parts.moved();
    this.wake();
  }

  // Scrolling

  #scrolled() {
    const top = this.#log.scrollTop;
    const delta = top - this.#top;
    this.#top = top;
    if (Math.abs(delta) < 0.5) return;
    this.#scrolling = true;
    clearTimeout(this.#gestureTimer);
    this.#gestureTimer = setTimeout(() => this.#endGesture(), GESTURE_MS);
    this.#anchor = this.#anchorAfter(top, delta);
    this.#parts.moved();
    this.wake();
  }

  /**
   * @param {number} top
   * @param {number} delta
   * @returns {Anchor}
   */
  #anchorAfter(top, delta) {
    const height = this.#log.clientHeight;
    const isSmall = Math.abs(delta) <= FLING_SCREENS * height;
    const isRelative = isSmall && (this.#variableHeights || this.#scrollMap.isCompressed(top));
    if (!isRelative) return this.#anchorAtOffset(this.#scrollMap.toOffset(top));
    const anchor = this.#movedBy(delta);
    const position = this.#offsetOf(anchor);
    if (top <= 0 && position < height) return { row: 0, px: 0 };
    if (top >= this.#scrollMap.range - 0.5 && this.#scrollMap.last - position < height) return this.#endAnchor();
    return anchor;
  }

  /** The gesture ended: the scrollbar may be updated. */
  #endGesture() {
    if (!this.#scrolling) return;
    this.#scrolling = false;
    this.wake();
  }

  // Positions and pixels

  /** @param {number} row */
  #heightOf(row) {
    if (!this.#variableHeights) return this.#rowHeight;
    const content = this.#document.row(row);
    const known = content && this.#heights.get(content);
    return known && known.layout === this.#layoutVersion ? known.height : this.#rowHeight;
  }

  /** @param {number} delta @returns {Anchor} */
  #movedBy(delta) {
    const { total } = this.#document;
    let { row, px } = this.#anchor;
    px += delta;
    while (px < 0 && row > 0) px += this.#heightOf((row -= 1));
    for (let height = this.#heightOf(row); px >= height && row < total - 1; height = this.#heightOf(row)) {
      px -= height;
      row += 1;
    }
    return { row, px: Math.max(0, px) };
  }

  /** @returns {Anchor} the anchor with the last row at the lower edge */
  #endAnchor() {
    let row = this.#document.total;
    let rest = this.#log.clientHeight;
    while (row > 0 && rest > 0) rest -= this.#heightOf((row -= 1));
    return { row, px: Math.max(0, -rest) };
  }

  /** @param {Anchor} anchor */
  #offsetOf({ row, px }) {
    return (row + Math.min(1, px / this.#heightOf(row))) * this.#averageHeight;
  }

  /** @param {number} position @returns {Anchor} */
  #anchorAtOffset(position) {
    const row = Math.min(Math.floor(position / this.#averageHeight), Math.max(0, this.#document.total - 1));
    return { row, px: (position / this.#averageHeight - row) * this.#heightOf(row) };
  }

  // Drawing

  /** Fill the visible rows. This reads no layout after the change, which would take a millisecond. */
  #fillAhead() {
    const fits = this.#applyPosition();
    this.#assignElements(fits);
    this.#want(fits);
  }

  #paint() {
    this.#frame = 0;
    const fits = this.#applyPosition();
    this.#assignElements(fits);
    if (this.#variableHeights) this.#measure();
    this.#clampToEnd(this.#followsEnd);
    this.#rows.style.transform = `translateY(${-this.#offset()}px)`;
    this.#updateScrollbar();
    this.#want(fits);
    this.#parts.painted();
  }

  get #followsEnd() {
    return this.#sticksToEnd && !this.#frozen;
  }

  /** Move the anchor to where the user scrolled, or to the end. @returns {number} number of rows to draw */
  #applyPosition() {
    // Scroll events arrive one frame late. Apply the latest scroll position first, or the update of `scrollTop` would
    // undo it.
    this.#scrolled();
    if (this.#followsEnd || this.#anchor.row >= this.#document.total) this.#anchor = this.#endAnchor();
    return Math.ceil(this.#log.clientHeight / this.#rowHeight) + 1;
  }

  /** @param {number} fits number of rows that fit */
  #want(fits) {
    const { row } = this.#anchor;
    this.#document.want(row, row + fits);
    this.#document.want(row - MARGIN_ROWS, row + fits + MARGIN_ROWS);
  }

  /**
   * Assign elements to the visible rows. With variable heights also to as many rows above, to measure them before
   * they scroll into view.
   */
  #assignElements(/** @type {number} */ fits) {
    const { total } = this.#document;
    const first = Math.max(0, this.#variableHeights ? Math.min(this.#anchor.row, total - 1) - fits : this.#anchor.row);
    const count = Math.min(this.#variableHeights ? 2 * fits : fits, total - first);
    this.#rotateElements(first - this.#first);
    this.#first = first;
    while (this.#elements.length > Math.max(0, count)) this.#elements.pop()?.remove();
    while (this.#elements.length < count) this.#addElement();
    for (const [index, element] of this.#elements.entries()) this.#fill(element, first + index);
  }

  /** Move elements from one end to the other, so that the remaining elements keep their rows. */
  #rotateElements(/** @type {number} */ by) {
    const count = this.#elements.length;
    if (by === 0 || Math.abs(by) >= count) return;
    if (by > 0) {
      const leaving = this.#elements.splice(0, by);
      this.#rows.append(...leaving);
      this.#elements.push(...leaving);
    } else {
      const leaving = this.#elements.splice(count + by, -by);
      this.#rows.prepend(...leaving);
      this.#elements.unshift(...leaving);
    }
  }

  #addElement() {
    const element = this.#parts.make();
    this.#elements.push(element);
    this.#rows.append(element);
  }

  /**
   * @param {HTMLElement} element
   * @param {number} number
   */
  #fill(element, number) {
    const row = this.#document.row(number);
    const filled = this.#filled.get(element);
    const same = filled && filled.row === row && filled.version === this.#contentVersion;
    if (same && (row !== null || filled.number === number)) return;
    this.#filled.set(element, { row, number, version: this.#contentVersion });
    this.#parts.fill(element, row, number);
  }

  #measure() {
    for (const [index, element] of this.#elements.entries()) {
      const row = this.#document.row(this.#first + index);
      const known = row && this.#heights.get(row);
      if (!row || (known && known.layout === this.#layoutVersion)) continue;
      const { height } = element.getBoundingClientRect();
      this.#heights.set(row, { height, layout: this.#layoutVersion });
      const weight = this.#scrolling ? 0 : AVERAGE_WEIGHT / this.#elements.length;
      this.#averageHeight += (height - this.#averageHeight) * weight;
    }
  }

  /** Keep the last row at the lower edge or below it, unless all rows fit. @param {boolean} follows */
  #clampToEnd(follows) {
    const end = this.#endAnchor();
    const { row, px } = this.#anchor;
    if (follows || row > end.row || (row === end.row && px > end.px)) this.#anchor = end;
  }

  /** Pixels of the drawn rows above the upper edge. */
  #offset() {
    let offset = this.#anchor.px;
    for (let row = this.#first; row < this.#anchor.row; row += 1) offset += this.#heightOf(row);
    return offset;
  }

  /** Update the scrollbar, but not during a gesture, because writing `scrollTop` would end it. */
  #updateScrollbar() {
    if (!this.#variableHeights) this.#averageHeight = this.#rowHeight;
    this.#scrollMap = new ScrollMap(this.#document.total * this.#averageHeight, this.#log.clientHeight);
    this.#spacer.style.height = `${Math.max(this.#scrollMap.canvas, this.#log.clientHeight)}px`;
    this.#updateWidth();
    if (this.#scrolling) return;
    const { row, px } = this.#anchor;
    const isStart = row === 0 && px === 0;
    const top = isStart ? 0 : this.atEnd ? this.#scrollMap.range : this.#scrollMap.toTop(this.#offsetOf(this.#anchor));
    if (Math.abs(top - this.#log.scrollTop) >= 1) this.#log.scrollTop = top;
    this.#top = this.#log.scrollTop;
  }

  /** Keep the width of the widest row so far, so that the scrollbar does not jump. */
  #updateWidth() {
    const width = this.#rows.offsetWidth;
    if (width > this.#width || this.#width === 0) {
      this.#width = width;
      this.#spacer.style.minWidth = `${width}px`;
    }
  }
}

/**
 * @param {HTMLElement} parent
 * @param {string} selector
 */
function child(parent, selector) {
  const element = parent.querySelector(selector);
  if (element instanceof HTMLElement) return element;
  throw new Error(`the list has no ${selector}`);
}
