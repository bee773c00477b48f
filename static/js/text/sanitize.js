/**
 * Shows characters that would hide, reorder or break text as glyphs. Log lines are untrusted, so the page must
 * display exactly the characters of the file.
 */

/** @typedef {[start: number, end: number, shown: string]} GlyphRange */

// Names, because few monospace fonts have the control pictures of U+2400.
const C0 =
  "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US";
const NAMES = new Map([
  ...C0.split(" ").map((name, code) => /** @type {const} */ ([code, name])),
  [0x7f, "DEL"],
  [0xad, "SHY"],
  [0x61c, "ALM"],
  [0x200b, "ZWSP"],
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
  [0xfeff, "BOM"],
]);

// All of C0 except tab, DEL, C1, line separators, and characters without a shape. Joiners and variation selectors stay:
// emoji and some scripts need them.
const UNSAFE = new RegExp(
  "[\\0-\\x08\\x0a-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180e\\u200b\\u200e\\u200f" +
    "\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff0-\\ufffb\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{e00ff}]+",
  "gu",
);

/** @param {string} unsafe */
function glyphs(unsafe) {
  return Array.from(unsafe, (character) => glyph(/** @type {number} */ (character.codePointAt(0)))).join("");
}

/** @param {number} code */
function glyph(code) {
  return `\u2039${NAMES.get(code) ?? code.toString(16).toUpperCase()}\u203a`;
}

/**
 * Return the ranges of such characters, so that glyphs look different from the same characters in the log.
 * @param {string} text
 * @returns {GlyphRange[]} in order; adjacent characters share one range
 */
export function glyphRanges(text) {
  return Array.from(text.matchAll(UNSAFE), ({ index, 0: unsafe }) => [index, index + unsafe.length, glyphs(unsafe)]);
}

/**
 * Replace such characters in plain strings: names, titles.
 * @param {string} line
 */
export function sanitize(line) {
  return line.replace(UNSAFE, glyphs);
}

/**
 * Whether the text has no such characters.
 * @param {string} line
 */
export function isClean(line) {
  return line.search(UNSAFE) < 0;
}
