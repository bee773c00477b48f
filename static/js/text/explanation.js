/** How the server read a line, as rows of text. */

import { counted, group } from "../lib/numbers.js";
import { sanitize } from "./sanitize.js";
import { formatTime } from "./time.js";

/** @typedef {import("../model/rows.js").Level} Level */
/**
 * An answer of `/api/explain`.
 * @typedef {object} Explanation
 * @property {string} text the line
 * @property {number | null} time epoch milliseconds
 * @property {string} time_rule the rule that found the time, such as "the text '12:00'"; empty without one
 * @property {Level | null} level
 * @property {string} level_rule
 * @property {readonly string[]} fields names of the fields
 * @property {"stdout" | "stderr" | null} stream of a container's line
 * @property {{before: number, after: number}} record lines of the record before and after the line
 * @property {readonly string[]} decisions how the lines of the file are read
 */
/**
 * @typedef {object} ExplanationRow
 * @property {string} term
 * @property {string} value
 * @property {string} rule where the value comes from; empty without one
 * @property {Level | null} level the level that `value` names
 */

/**
 * @param {Explanation} explanation
 * @param {{n: number | null, zone: import("./time.js").Zone}} where the number of the line in its file, and the zone
 *   of times
 * @returns {ExplanationRow[]}
 */
export function explanationRows({ time, time_rule, level, level_rule, fields, stream, record, decisions }, { n, zone }) {
  const when = time === null ? "none" : `${formatTime(time, { zone, date: true })} ${zoneName(zone)}`;
  return [
    row("Time", when, source(time_rule)),
    { ...row("Level", level ?? "none", source(level_rule)), level },
    row("Record", recordText(record, n)),
    ...(stream ? [row("Stream", stream)] : []),
    ...(fields.length > 0 ? [row("Fields", sanitize(fields.join(", ")))] : []),
    ...decisions.map((decision, index) => row(index === 0 ? "File" : "", sanitize(decision))),
  ];
}

/**
 * @param {string} term
 * @param {string} value
 * @param {string} [rule]
 * @returns {ExplanationRow}
 */
function row(term, value, rule = "") {
  return { term, value, rule, level: null };
}

/** @param {string} rule */
function source(rule) {
  return rule && `from ${sanitize(rule)}`;
}

/** @param {import("./time.js").Zone} zone */
function zoneName(zone) {
  return zone === "utc" ? "UTC" : zone === "local" ? "local time" : zone;
}

/**
 * @param {{before: number, after: number}} record
 * @param {number | null} n
 */
function recordText({ before, after }, n) {
  if (before === 0 && after === 0) return "this line alone";
  if (n !== null) return `lines ${group(n - before)} to ${group(n + after)}`;
  const parts = [before && `${counted(before, "line")} before`, after && `${counted(after, "line")} after`];
  return `this line with ${parts.filter(Boolean).join(" and ")}`;
}
