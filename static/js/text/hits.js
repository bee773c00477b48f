/** Where a line has what was searched for, in what the row shows of it. */

import { offsetWithoutSequences, SEQUENCE_START } from "./ansi.js";

/** @typedef {readonly [start: number, end: number]} Hit in characters of the text shown */

const SPECIAL = /[\\^$.*+?()[\]{}|/]/g;
// Enough to see; a line may hold a letter a million times.
const MAX = 500;

/**
 * How plain texts are found: each without regard to capitals, unless it has one or capitals are to count.
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
 * @param {readonly RegExp[]} hitPatterns
 * @returns {Hit[]}
 */
export function findHits(shown, hitPatterns) {
  /** @type {Hit[]} */
  const hits = [];
  for (const finder of hitPatterns) {
    for (const { index, 0: text } of shown.matchAll(finder)) {
      if (hits.length >= MAX) return hits;
      hits.push([index, index + text.length]);
    }
  }
  return hits;
}

/**
 * What the server says of a line, where a row shows it without terminal sequences.
 * @param {string} line
 * @param {readonly Hit[]} spans in code points of the line
 * @returns {Hit[]}
 */
export function displayedHits(line, spans) {
  const offsets = spans.slice(0, MAX).flat();
  if (offsets.length === 0) return [];
  const units = unitsOf(line, offsets);
  const shown = SEQUENCE_START.test(line) ? units.map((unit) => offsetWithoutSequences(line, unit)) : units;
  return Array.from({ length: offsets.length / 2 }, (_, index) => [shown[2 * index], shown[2 * index + 1]]);
}

/**
 * From code points to the units that JavaScript counts.
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
