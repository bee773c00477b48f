/** What the list shows, one row each, and how much of what was received a row stands for. */

/**
 * @typedef {object} LineRow
 * @property {"line"} kind
 * @property {string} source
 * @property {number | null} n
 * @property {string} text
 * @property {number | null} cut true length in bytes when the line came shortened
 * @property {boolean} unterminated
 */
/** @typedef {{kind: "skip", lines: number}} SkipRow lines that came and are not shown */
/** @typedef {import("./events.js").GapEvent} GapRow lines that never came */
/** @typedef {import("./events.js").SourceEvent} SourceRow */
/** @typedef {{kind: "complete"}} CompleteRow */
/** @typedef {GapRow | SourceRow | CompleteRow} NoteRow */
/** @typedef {LineRow | SkipRow | NoteRow} Row */

/**
 * @param {Row} row
 * @returns {number} received lines
 */
export function linesIn(row) {
  if (row.kind === "line") return 1;
  return row.kind === "skip" ? row.lines : 0;
}
