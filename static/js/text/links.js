/** Finds http and https links in a line. When in doubt, a link excludes punctuation of the sentence. */

/** @typedef {[start: number, end: number, href: string]} LinkRange */

const START = /(?<![a-z\d])https?:\/\/(?=[\w[])/gi;
const ALLOWED = /[\w\-.~:/?#[\]@!$&'()*+,;=%]/;
const TRAILING = /[.,;:!?'([]/;

/**
 * @param {string} text
 * @returns {LinkRange[]} in order
 */
export function findLinks(text) {
  /** @type {LinkRange[]} */
  const links = [];
  if (!text.includes("://")) return links;
  let reached = 0;
  for (const { index } of text.matchAll(START)) {
    // A URL in the query of another URL is part of it.
    if (index < reached) continue;
    reached = endOfAddress(text, index);
    const end = withoutPunctuation(text, index, reached);
    const href = text.slice(index, end);
    if (URL.canParse(href)) links.push([index, end, href]);
  }
  return links;
}

/**
 * @param {string} text
 * @param {number} start
 * @returns {number} the end: an unmatched closing bracket, or the quote that also precedes the link
 */
function endOfAddress(text, start) {
  const open = { ")": 0, "]": 0 };
  const quoted = text[start - 1] === "'";
  let end = start;
  for (; end < text.length && ALLOWED.test(text[end]); end += 1) {
    const character = text[end];
    if (character === "(") open[")"] += 1;
    else if (character === "[") open["]"] += 1;
    else if (character === "'" && quoted) break;
    else if (character === ")" || character === "]") {
      if (open[character] === 0) break;
      open[character] -= 1;
    }
  }
  return end;
}

/**
 * @param {string} text
 * @param {number} start
 * @param {number} end
 */
function withoutPunctuation(text, start, end) {
  while (end > start && TRAILING.test(text[end - 1])) end -= 1;
  return end;
}
