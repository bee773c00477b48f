/** Rows as elements: text nodes, and class names from a closed set. */

import { element } from "../lib/element.js";
import { bytes, group } from "../lib/numbers.js";
import { stripAnsi } from "../text/ansi.js";
import { visible, visibleRuns } from "../text/sanitize.js";
import { gapWords, skipWords, sourceWords } from "../text/words.js";

/** @typedef {import("../model/rows.js").Row} Row */
/** @typedef {import("../model/rows.js").LineRow} LineRow */
/** @typedef {{names: import("../model/names.js").Names, hues: import("../model/hues.js").Hues}} Sources */

// Laying out a megabyte in one row takes seconds; nobody reads it unasked.
const SHOWN_CHARACTERS = 4_000;

/**
 * @param {Row} row
 * @param {Sources} sources
 * @returns {HTMLElement}
 */
export function makeRow(row, sources) {
  switch (row.kind) {
    case "line":
      return lineRow(row, sources);
    case "gap":
      return noteRow("row note gap", `${visible(sources.names.short(row.source))}: ${gapWords(row)}`);
    case "skip":
      return noteRow("row note gap", skipWords(row.lines));
    case "source":
      return noteRow("row note", sourceWords(visible(sources.names.short(row.source)), row.state));
    case "complete":
      return noteRow("row note", "end of the stream");
  }
}

/**
 * @param {string} className
 * @param {string} words
 */
function noteRow(className, words) {
  return element("div", className, element("span", "words", words));
}

/**
 * @param {LineRow} row
 * @param {Sources} sources
 */
function lineRow(row, { names, hues }) {
  const hue = hues.of(row.source);
  const text = element("span", "text");
  const line = stripAnsi(row.text.endsWith("\r") ? row.text.slice(0, -1) : row.text);
  fillText(text, line);
  if (row.cut !== null) text.append(mark(`cut here; ${bytes(row.cut)} in all`));
  if (row.unterminated) text.append(mark("no newline at its end"));
  return element(
    "div",
    hue === null ? "row" : `row hue-${hue}`,
    element("span", "name", visible(names.short(row.source))),
    element("span", "number", row.n === null ? "" : group(row.n)),
    text,
  );
}

/**
 * @param {HTMLElement} text
 * @param {string} line
 */
function fillText(text, line) {
  appendRuns(text, line.length > SHOWN_CHARACTERS ? line.slice(0, SHOWN_CHARACTERS) : line);
  if (line.length <= SHOWN_CHARACTERS) return;
  const rest = line.slice(SHOWN_CHARACTERS);
  const more = element("button", "more", `${group(rest.length)} more characters`);
  more.type = "button";
  more.addEventListener("click", () => {
    const shown = document.createDocumentFragment();
    appendRuns(shown, rest);
    more.replaceWith(shown);
  });
  text.append(more);
}

/**
 * @param {ParentNode} parent
 * @param {string} line
 */
function appendRuns(parent, line) {
  for (const run of visibleRuns(line)) {
    parent.append(run.glyph ? element("span", "glyph", run.text) : run.text);
  }
}

/** @param {string} words */
function mark(words) {
  return element("span", "mark", words);
}
