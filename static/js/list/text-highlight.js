/** Ranges of text with a look of their own and without an element of their own: rows come and go under them. */

export class TextHighlight {
  #highlight;
  /** @type {Range[]} */
  #ranges = [];

  /** @param {string} name of the look in the style sheet, which all lists of the page share */
  constructor(name) {
    this.#highlight = shared(name);
  }

  /** @param {Range[]} ranges instead of those before */
  set(ranges) {
    for (const range of this.#ranges) this.#highlight?.delete(range);
    for (const range of ranges) this.#highlight?.add(range);
    this.#ranges = ranges;
  }
}

/**
 * @param {Element} element
 * @param {number} start in characters of its text
 * @param {number} end what is beyond the end is the end
 */
export function textRange(element, start, end) {
  const range = document.createRange();
  range.selectNodeContents(element);
  if (start > 0) range.setStart(...nodeAt(element, start));
  if (end < Infinity) range.setEnd(...nodeAt(element, end));
  return range;
}

/** @param {string} name @returns {Highlight | null} null where the browser has none: then it is not to be seen */
function shared(name) {
  if (typeof Highlight !== "function") return null;
  const highlight = CSS.highlights.get(name) ?? new Highlight();
  CSS.highlights.set(name, highlight);
  return highlight;
}

/**
 * The text node and the offset in it of a place in an element's text.
 * @param {Element} element
 * @param {number} offset in characters; what is beyond the end is the end
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
