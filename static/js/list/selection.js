/**
 * A mouse selection over any number of rows. Its two ends are a row and an offset in the row's text, so it survives
 * the reuse of row elements. Touch selection is left to the browser.
 */

import { TextHighlight, textRange } from "./text-highlight.js";

/** @typedef {import("./viewport.js").Viewport} Viewport */
/** @typedef {{row: number, offset: number}} TextPosition `offset` in characters of the displayed text */
/** @typedef {{first: TextPosition, last: TextPosition}} SelectedRange in order */

const WORD = /[\p{L}\p{N}_]/u;
// Beyond the edge the list scrolls, faster with the distance of the pointer.
const SCROLL_FACTOR = 0.4;

export class Selection {
  #log;
  #viewport;
  #highlight = new TextHighlight("selected");
  /** @type {TextPosition | null} */
  #anchor = null;
  /** @type {TextPosition | null} */
  #head = null;
  #dragging = false;
  #scrollStep = 0;

  /**
   * @param {HTMLElement} log
   * @param {Viewport} viewport
   */
  constructor(log, viewport) {
    this.#log = log;
    this.#viewport = viewport;
    log.addEventListener("pointerdown", (event) => this.#onPointerDown(event));
    log.addEventListener("pointermove", (event) => this.#onPointerMove(event));
    log.addEventListener("mousedown", (event) => this.#isText(event) && event.preventDefault());
    // A click on a line number would focus the button, and keys would no longer reach the list.
    log.addEventListener("mousedown", (event) => hasAction(event.target) && event.preventDefault());
    log.addEventListener("dblclick", (event) => this.#selectWord(event));
    for (const end of ["pointerup", "pointercancel"]) log.addEventListener(end, () => this.#onPointerUp());
  }

  /** The selected range in order; null if the selection is empty. @returns {SelectedRange | null} */
  get range() {
    const [anchor, head] = [this.#anchor, this.#head];
    if (!anchor || !head || (anchor.row === head.row && anchor.offset === head.offset)) return null;
    const forward = anchor.row < head.row || (anchor.row === head.row && anchor.offset < head.offset);
    return forward ? { first: anchor, last: head } : { first: head, last: anchor };
  }

  clear() {
    this.#set(null, null);
  }

  /** @param {number} rows number of rows */
  selectAll(rows) {
    this.#set({ row: 0, offset: 0 }, { row: rows - 1, offset: Infinity });
  }

  /** Highlight the visible part; call after rows were drawn. */
  paint() {
    const { range } = this;
    /** @type {globalThis.Range[]} */
    const ranges = [];
    const bottom = range ? Math.min(range.last.row, this.#viewport.bottom) : 0;
    for (let row = Math.max(range?.first.row ?? 1, this.#viewport.top); range && row <= bottom; row += 1) {
      const text = this.#viewport.elementOf(row)?.querySelector(".text");
      const start = row === range.first.row ? range.first.offset : 0;
      if (text) ranges.push(textRange(text, start, row === range.last.row ? range.last.offset : Infinity));
    }
    this.#highlight.set(ranges);
  }

  /**
   * Return the position in a row's text at a point of the screen.
   * @param {number} x
   * @param {number} y
   */
  positionAt(x, y) {
    return this.#positionAt(x, y);
  }

  /** The selected text if it is within one row, otherwise empty. */
  get textInRow() {
    const { range } = this;
    if (!range || range.first.row !== range.last.row) return "";
    const text = this.#viewport.elementOf(range.first.row)?.querySelector(".text")?.textContent ?? "";
    return text.slice(range.first.offset, range.last.offset);
  }

  /** @param {PointerEvent} event */
  #onPointerDown(event) {
    if (!this.#isText(event)) return;
    this.#log.focus({ preventScroll: true });
    const position = this.#positionAt(event.clientX, event.clientY);
    if (event.detail > 1 || !position) return;
    this.#set(event.shiftKey ? (this.#anchor ?? position) : position, position);
    this.#dragging = true;
  }

  /** @param {PointerEvent} event */
  #onPointerMove(event) {
    if (!this.#dragging) return;
    // Capture starts with the first move: after a capture, a click is dispatched to the list instead of the clicked
    // element.
    if (!this.#log.hasPointerCapture(event.pointerId)) this.#log.setPointerCapture(event.pointerId);
    const { top, bottom } = this.#log.getBoundingClientRect();
    const y = Math.max(top + 1, Math.min(bottom - 2, event.clientY));
    const position = this.#positionAt(event.clientX, y);
    if (position) this.#set(this.#anchor, position);
    const beyond = event.clientY - y;
    const scrolls = this.#scrollStep !== 0;
    this.#scrollStep = beyond * SCROLL_FACTOR;
    if (!scrolls && this.#scrollStep !== 0) this.#autoScroll(event.clientX, y);
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #autoScroll(x, y) {
    if (!this.#dragging || this.#scrollStep === 0) return;
    this.#viewport.moveBy(this.#scrollStep);
    requestAnimationFrame(() => {
      const position = this.#positionAt(x, y);
      if (position) this.#set(this.#anchor, position);
      this.#autoScroll(x, y);
    });
  }

  #onPointerUp() {
    this.#dragging = false;
    this.#scrollStep = 0;
  }

  /** @param {MouseEvent} event */
  #selectWord(event) {
    const position = this.#isText(event) ? this.#positionAt(event.clientX, event.clientY) : null;
    if (!position) return;
    const text = this.#viewport.elementOf(position.row)?.querySelector(".text")?.textContent ?? "";
    let [start, end] = [position.offset, position.offset];
    while (start > 0 && WORD.test(text[start - 1])) start -= 1;
    while (end < text.length && WORD.test(text[end])) end += 1;
    this.#set({ row: position.row, offset: start }, { row: position.row, offset: end });
  }

  /**
   * @param {TextPosition | null} anchor
   * @param {TextPosition | null} head
   */
  #set(anchor, head) {
    this.#anchor = anchor;
    this.#head = head;
    this.paint();
  }

  /** @param {MouseEvent} event */
  #isText(event) {
    const isMouse = !(event instanceof PointerEvent) || event.pointerType === "mouse";
    const { target } = event;
    if (!isMouse || event.button !== 0 || !(target instanceof Element)) return false;
    return !target.closest("button, a") && !this.#isScrollbar(event);
  }

  /** Whether the pointer is on a scrollbar. @param {MouseEvent} event */
  #isScrollbar(event) {
    const { left, top } = this.#log.getBoundingClientRect();
    return event.clientX - left >= this.#log.clientWidth || event.clientY - top >= this.#log.clientHeight;
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {TextPosition | null}
   */
  #positionAt(x, y) {
    const [node, offset] = caretAt(x, y);
    const element = node instanceof Element ? node : node?.parentElement;
    const row = node && this.#log.contains(node) ? this.#viewport.rowOf(node) : null;
    const text = row === null ? null : this.#viewport.elementOf(row)?.querySelector(".text");
    if (row === null || !node || !element || !text) return null;
    if (!text.contains(node)) return { row, offset: 0 };
    const before = document.createRange();
    before.selectNodeContents(text);
    before.setEnd(node, offset);
    return { row, offset: before.toString().length };
  }
}

/** @param {EventTarget | null} target */
function hasAction(target) {
  return target instanceof Element && target.closest("[data-action]") !== null;
}

/**
 * @param {number} x
 * @param {number} y
 * @returns {[Node | null, number]}
 */
function caretAt(x, y) {
  if ("caretPositionFromPoint" in document) {
    const caret = document.caretPositionFromPoint(x, y);
    return [caret?.offsetNode ?? null, caret?.offset ?? 0];
  }
  const range = /** @type {any} */ (document).caretRangeFromPoint?.(x, y);
  return [range?.startContainer ?? null, range?.startOffset ?? 0];
}
