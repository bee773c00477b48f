/** What a selection over many rows is as text: what the files hold, and not how the page shows it. */

import { copiedText, lineText } from "../text/spans.js";
import { shownOf } from "./rows.js";

/** @typedef {import("../model/rows.js").LineRow} LineRow */
/** @typedef {import("./selection.js").Range} Range */
/** @typedef {import("./looks.js").Looks} Looks */
/**
 * @typedef {object} Rows
 * @property {number} total
 * @property {(row: number) => import("../model/rows.js").Row | null} row
 * @property {(first: number, last: number) => Promise<unknown>} collect
 */

// A browser does not like more in one piece, and neither does where it is put.
const MOST_ROWS = 50_000;

/**
 * @param {Rows} rows
 * @param {Range} range
 * @param {Looks} looks
 * @returns {string | null} null if some of it is not here; `collect` it first
 */
export function textNow(rows, range, looks) {
  const { first, last } = within(rows, range);
  for (let row = first.row; row <= last.row; row += 1) if (rows.row(row) === null) return null;
  return textOf(rows, { first, last }, looks);
}

/**
 * The same, once all is here that can be had.
 * @param {Rows} rows
 * @param {Range} range
 * @param {Looks} looks
 */
export async function textLater(rows, range, looks) {
  const { first, last } = within(rows, range);
  await rows.collect(first.row, last.row + 1);
  return textOf(rows, { first, last }, looks);
}

/**
 * @param {Rows} rows
 * @param {Range} range
 * @returns {Range}
 */
function within({ total }, { first, last }) {
  const row = Math.min(last.row, total - 1, first.row + MOST_ROWS);
  return { first, last: { row, offset: row === last.row ? last.offset : Infinity } };
}

/**
 * @param {Rows} rows
 * @param {Range} range
 * @param {Looks} looks
 */
function textOf(rows, range, looks) {
  const lines = [];
  for (let row = range.first.row; row <= range.last.row; row += 1) {
    const line = rows.row(row);
    if (line?.kind === "line") lines.push(partOf(line, row, range, looks));
  }
  return lines.join("\n");
}

/**
 * @param {LineRow} line
 * @param {number} row
 * @param {Range} range
 * @param {Looks} looks
 */
function partOf(line, row, { first, last }, looks) {
  const start = row === first.row ? first.offset : 0;
  const end = row === last.row ? last.offset : Infinity;
  if (start === 0 && end === Infinity) return lineText(line.text);
  return copiedText(shownOf(line, looks.shapeOf(line)).spans, start, end);
}
