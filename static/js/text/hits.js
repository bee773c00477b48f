/** Finds search hits in the text that a row displays. */

import { offsetsWithoutSequences, SEQUENCE_START } from "./ansi.js";

/** @typedef {readonly [start: number, end: number]} Hit in characters of the displayed text */

const SPECIAL = /[\\^$.*+?()[\]{}|/]/g;
// Enough hits per line; a line may contain a letter a million times.
const MAX = 500;

/**
 * Build one pattern per text. "smart" is case-sensitive for texts with a capital letter.
 * @param {readonly string[]} texts
 * @param {import("../model/filter.js").MatchCase} matchCase
 * @returns {RegExp[]}
 */
export function hitPatterns(texts, matchCase) {
  return texts
    .filter((text) => text !== "")
    .map((text) => {
      const exact = matchCase === "sensitive" || (matchCase === "smart" && /\p{Lu}/u.test(text));
      return new RegExp(text.replace(SPECIAL, "\\$&"), exact ? "gu" : "giu");
    });
}

/**
 * @param {string} shown
 * @param {readonly RegExp[]} patterns
 * @returns {Hit[]}
 */
export function findHits(shown, patterns) {
  /** @type {Hit[]} */
  const hits = [];
  for (const pattern of patterns) {
    for (const { index, 0: text } of shown.matchAll(pattern)) {
      if (hits.length >= MAX) return hits;
      hits.push([index, index + text.length]);
    }
  }
  return hits;
}

/**
 * Convert the server's matches to ranges of the displayed text, which has no terminal sequences.
 * @param {string} line
 * @param {readonly Hit[]} spans in code points of the line
 * @returns {Hit[]}
 */
export function displayedHits(line, spans) {
  const offsets = spans.slice(0, MAX).flat();
  if (offsets.length === 0) return [];
  const units = unitsOf(line, offsets);
  const shown = SEQUENCE_START.test(line) ? offsetsWithoutSequences(line, units) : units;
  return Array.from({ length: offsets.length / 2 }, (_, index) => [shown[2 * index], shown[2 * index + 1]]);
}

/**
 * Convert code point offsets to UTF-16 offsets.
 * @param {string} line
 * @param {readonly number[]} points ascending
 */
function unitsOf(line, points) {
  let unit = 0;
  let point = 0;
  return points.map((wanted) => {
    for (; point < wanted && unit < line.length; point += 1) unit += (line.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
    return unit;
  });
}
