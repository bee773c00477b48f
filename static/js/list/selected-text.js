/** The text of a selection over many rows, as it is in the files. */

import { copiedText, lineText } from "../text/spans.js";
import { displayedSpans } from "./rows.js";

/** @typedef {import("../model/rows.js").LineRow} LineRow */
/** @typedef {import("./selection.js").SelectedRange} SelectedRange */
/** @typedef {import("./row-state.js").RowState} RowState */
/**
 * @typedef {object} RowSource
 * @property {number} total
 * @property {(row: number) => import("../model/rows.js").Row | null} row
 * @property {(first: number, last: number) => Promise<unknown>} collect
 */

// Larger texts are slow to copy and to paste.
const MOST_ROWS = 50_000;

/**
 * @param {RowSource} rows
 * @param {SelectedRange} range
 * @param {RowState} rowState
 * @returns {string | null} null if some lines are not loaded; call `collect` first
 */
export function selectedText(rows, range, rowState) {
  const { first, last } = limited(rows, range);
  for (let row = first.row; row <= last.row; row += 1) if (rows.row(row) === null) return null;
  return joinedText(rows, { first, last }, rowState);
}

/**
 * Load the missing lines and return the text of all lines that could be loaded.
 * @param {RowSource} rows
 * @param {SelectedRange} range
 * @param {RowState} rowState
 */
export async function loadSelectedText(rows, range, rowState) {
  const { first, last } = limited(rows, range);
  await rows.collect(first.row, last.row + 1);
  return joinedText(rows, { first, last }, rowState);
}

/**
 * @param {RowSource} rows
 * @param {SelectedRange} range
 * @returns {SelectedRange}
 */
function limited({ total }, { first, last }) {
  const row = Math.min(last.row, total - 1, first.row + MOST_ROWS);
  return { first, last: { row, offset: row === last.row ? last.offset : Infinity } };
}

/**
 * @param {RowSource} rows
 * @param {SelectedRange} range
 * @param {RowState} rowState
 */
function joinedText(rows, range, rowState) {
  const lines = [];
  for (let row = range.first.row; row <= range.last.row; row += 1) {
    const line = rows.row(row);
    if (line?.kind === "line") lines.push(selectedPart(line, row, range, rowState));
  }
  return lines.join("\n");
}

/**
 * @param {LineRow} line
 * @param {number} row
 * @param {SelectedRange} range
 * @param {RowState} rowState
 */
function selectedPart(line, row, { first, last }, rowState) {
  const start = row === first.row ? first.offset : 0;
  const end = row === last.row ? last.offset : Infinity;
  if (start === 0 && end === Infinity) return lineText(line.text);
  return copiedText(displayedSpans(line, rowState.textFormatOf(line)).spans, start, end);
}
