/**
 * Maps offsets in content of any height to the `scrollTop` of an element, whose height browsers limit. The first and
 * last part map one to one, so both ends are reached exactly; the part in between is compressed evenly.
 */

// Chromium stops at 33,554,428 px divided by pixel ratio and zoom, Firefox at 17,895,697 px.
const CANVAS_PX = 4_000_000;
const EDGE_PX = 200_000;

export class ScrollMap {
  /**
   * @param {number} content height in px, any number
   * @param {number} viewport height in px
   */
  constructor(content, viewport) {
    /** Height of the scrolled element. */
    this.canvas = Math.max(0, Math.min(CANVAS_PX, Math.round(content)));
    /** Maximum `scrollTop`. */
    this.range = Math.max(0, this.canvas - viewport);
    /** Maximum offset: the content ends at the lower edge of the viewport. */
    this.last = Math.max(0, content - viewport);
  }

  /** Whether a scrolled pixel is a pixel of content everywhere. */
  get isExact() {
    return this.last - this.range < 1;
  }

  /** @param {number} top @returns {number} offset in px of content */
  toOffset(top) {
    if (this.isExact || top <= EDGE_PX) return clamp(top, this.last);
    if (top >= this.range - EDGE_PX) return clamp(this.last - (this.range - top), this.last);
    return EDGE_PX + (top - EDGE_PX) * this.#compression;
  }

  /** @param {number} offset @returns {number} the matching `scrollTop` */
  toTop(offset) {
    if (this.isExact || offset <= EDGE_PX) return clamp(offset, this.range);
    if (offset >= this.last - EDGE_PX) return clamp(this.range - (this.last - offset), this.range);
    return EDGE_PX + (offset - EDGE_PX) / this.#compression;
  }

  /**
   * Whether a scrolled pixel means many pixels of content at `top`. There the list moves by the distance of a wheel
   * or touch gesture itself instead of a multiple of it.
   * @param {number} top
   */
  isCompressed(top) {
    return !this.isExact && top > EDGE_PX && top < this.range - EDGE_PX;
  }

  get #compression() {
    return (this.last - 2 * EDGE_PX) / (this.range - 2 * EDGE_PX);
  }
}

/**
 * @param {number} value
 * @param {number} max
 */
function clamp(value, max) {
  return Math.max(0, Math.min(max, value));
}
