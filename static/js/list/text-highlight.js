/** Styled ranges of text without elements of their own (CSS Custom Highlight API), because row elements are reused. */

export class TextHighlight {
  #highlight;
  /** @type {Range[]} */
  #ranges = [];

  /** @param {string} name name of the style in the style sheet, shared by all lists of the page */
  constructor(name) {
    this.#highlight = shared(name);
  }

  /** @param {Range[]} ranges replace the earlier ones */
  set(ranges) {
    for (const range of this.#ranges) this.#highlight?.delete(range);
    for (const range of ranges) this.#highlight?.add(range);
    this.#ranges = ranges;
  }
}

/**
 * @param {Element} element
 * @param {number} start in characters of its text
 * @param {number} end clamped to the end of the text
 */
export function textRange(element, start, end) {
  const range = document.createRange();
  range.selectNodeContents(element);
  if (start > 0) range.setStart(...nodeAt(element, start));
  if (end < Infinity) range.setEnd(...nodeAt(element, end));
  return range;
}

/** @param {string} name @returns {Highlight | null} null if the browser does not support highlights */
function shared(name) {
  if (typeof Highlight !== "function") return null;
  const highlight = CSS.highlights.get(name) ?? new Highlight();
  CSS.highlights.set(name, highlight);
  return highlight;
}

/**
 * Return the text node, and the offset in it, of an offset in an element's text.
 * @param {Element} element
 * @param {number} offset in characters, clamped to the end
 * @returns {[Node, number]}
 */
function nodeAt(element, offset) {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let rest = offset;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { length } = /** @type {Text} */ (node);
    if (rest <= length) return [node, rest];
    rest -= length;
  }
  return [element, element.childNodes.length];
}
