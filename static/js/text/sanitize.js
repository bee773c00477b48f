/**
 * Characters that would hide, reorder or break text are shown as glyphs. A log line is written by anybody, so what
 * the eye sees must be what the file holds.
 */

/** @typedef {{text: string, glyph: boolean}} Run */

// Names, because few monospace fonts have the control pictures of U+2400.
const C0 =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US";
const NAMES = new Map([
  ...C0.split(" ").map((name, code) => /** @type {const} */ ([code, name])),
  [0x7f, "DEL"],
  [0x61c, "ALM"],
  [0x200e, "LRM"],
  [0x200f, "RLM"],
  [0x2028, "LS"],
  [0x2029, "PS"],
  [0x202a, "LRE"],
  [0x202b, "RLE"],
  [0x202c, "PDF"],
  [0x202d, "LRO"],
  [0x202e, "RLO"],
  [0x2066, "LRI"],
  [0x2067, "RLI"],
  [0x2068, "FSI"],
  [0x2069, "PDI"],
]);

// All of C0 but tab, DEL, C1, line separators, bidi marks, embeddings, overrides and isolates.
const ODD = /[\0-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** @param {number} code */
function glyph(code) {
  return `\u2039${NAMES.get(code) ?? code.toString(16).toUpperCase()}\u203a`;
}

/**
 * The line in runs, as it is or as glyphs, so that a glyph can look different from the same characters in the log.
 * @param {string} line
 * @returns {Run[]} empty for an empty line
 */
export function visibleRuns(line) {
  /** @type {Run[]} */
  const runs = [];
  let from = 0;
  for (const match of line.matchAll(ODD)) {
    if (match.index > from) runs.push({ text: line.slice(from, match.index), glyph: false });
    const shown = Array.from(match[0], (odd) => glyph(odd.charCodeAt(0))).join("");
    runs.push({ text: shown, glyph: true });
    from = match.index + match[0].length;
  }
  if (from < line.length) runs.push({ text: line.slice(from), glyph: false });
  return runs;
}

/**
 * For places that hold only a string: names, titles.
 * @param {string} line
 */
export function visible(line) {
  return visibleRuns(line)
    .map((run) => run.text)
    .join("");
}
