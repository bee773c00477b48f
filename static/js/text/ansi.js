/**
 * Parses terminal sequences. Colors (SGR) become styles; other CSI sequences, strings such as OSC with their content,
 * and character set selections are removed. An unterminated sequence stays visible, so it cannot hide the rest of a
 * line.
 */

/** @typedef {number | string} Color index of one of the 16 named colors, or "#rrggbb" */
/** @typedef {{fg: Color | null, bg: Color | null, flags: number}} Style `flags` is a sum of FLAGS */
/** @typedef {[start: number, end: number, style: Style]} StyleRange */

export const FLAGS = { bold: 1, dim: 2, italic: 4, underline: 8, strike: 16, inverse: 32 };

// No branch matches across the next introducer, so matching takes linear time.
const CSI = /(?:\x1b\[|\x9b)(?:([\d;:]*)m|[0-?]*[ -/]*[@-~])/;
const STRING = /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)/;
const CHARACTER_SET = /\x1b[()*+][ -~]/;
const SEQUENCE = new RegExp([CSI, STRING, CHARACTER_SET].map((part) => part.source).join("|"), "g");
/** Matches the first character of any sequence. */
export const SEQUENCE_START = /[\x1b\x90-\x9f]/;

// A line with a color for each letter has about twenty characters per letter.
const SOURCE_PER_SHOWN = 40;

/** @type {Style} */
const PLAIN = Object.freeze({ fg: null, bg: null, flags: 0 });
/** @type {Readonly<Record<number, number>>} */
const SET_FLAGS = {
  1: FLAGS.bold,
  2: FLAGS.dim,
  3: FLAGS.italic,
  4: FLAGS.underline,
  7: FLAGS.inverse,
  9: FLAGS.strike,
  21: FLAGS.underline,
};
/** @type {Readonly<Record<number, number>>} */
const CLEARED_FLAGS = {
  22: FLAGS.bold | FLAGS.dim,
  23: FLAGS.italic,
  24: FLAGS.underline,
  27: FLAGS.inverse,
  29: FLAGS.strike,
};
const CUBE = [0, 95, 135, 175, 215, 255];

/** @param {string} line */
export function stripAnsi(line) {
  return SEQUENCE_START.test(line) ? line.replace(SEQUENCE, "") : line;
}

/**
 * Convert offsets in the line to offsets in the line without sequences.
 * @param {string} line
 * @param {readonly number[]} offsets ascending
 */
export function offsetsWithoutSequences(line, offsets) {
  const sequences = line.matchAll(SEQUENCE);
  let next = sequences.next().value;
  let dropped = 0;
  return offsets.map((offset) => {
    for (; next && next.index + next[0].length <= offset; next = sequences.next().value) dropped += next[0].length;
    return offset - dropped - (next ? Math.max(0, offset - next.index) : 0);
  });
}

/**
 * @param {string} line
 * @param {number} [max] maximum number of characters to return
 * @returns {{text: string, styles: StyleRange[], rest: number}} the line without sequences, its styled
 *   ranges in order, and the number of characters of `line` that are left over
 */
export function parseAnsi(line, max = Infinity) {
  const part = line.length > SOURCE_PER_SHOWN * max ? line.slice(0, SOURCE_PER_SHOWN * max) : line;
  /** @type {StyleRange[]} */
  const styles = [];
  let text = "";
  let style = PLAIN;
  let from = 0;
  for (const { start, end, codes } of sequences(part)) {
    const until = start - from > max - text.length ? wholeCharacter(part, from + max - text.length) : start;
    if (until > from) addRange(styles, text.length, text.length + until - from, style);
    text += part.slice(from, until);
    if (until < start) return { text, styles, rest: line.length - until };
    from = end;
    if (codes !== undefined) style = restyled(style, codes);
  }
  return { text, styles, rest: line.length - part.length };
}

/**
 * @param {string} line
 * @returns {Generator<{start: number, end: number, codes: string | undefined}>} the last item marks the end of the line
 */
function* sequences(line) {
  if (SEQUENCE_START.test(line)) {
    for (const match of line.matchAll(SEQUENCE)) {
      yield { start: match.index, end: match.index + match[0].length, codes: match[1] };
    }
  }
  yield { start: line.length, end: line.length, codes: undefined };
}

/**
 * @param {string} text
 * @param {number} end
 */
function wholeCharacter(text, end) {
  return /[\ud800-\udbff]/.test(text[end - 1] ?? "") ? end - 1 : end;
}

/**
 * @param {StyleRange[]} ranges
 * @param {number} start
 * @param {number} end
 * @param {Style} style
 */
function addRange(ranges, start, end, style) {
  if (style.fg === null && style.bg === null && style.flags === 0) return;
  const last = ranges.at(-1);
  if (last && last[1] === start && isSame(last[2], style)) last[1] = end;
  else ranges.push([start, end, style]);
}

/**
 * @param {Style} one
 * @param {Style} other
 */
function isSame(one, other) {
  return one.fg === other.fg && one.bg === other.bg && one.flags === other.flags;
}

/**
 * @param {Style} style
 * @param {string} parameters
 */
function restyled(style, parameters) {
  const codes = parameters.split(";");
  let changed = style;
  for (let index = 0; index < codes.length; index += 1) {
    const [code, ...details] = codes[index].split(":");
    if (code !== "38" && code !== "48" && code !== "58") {
      changed = withCode(changed, code === "4" && details[0] === "0" ? 24 : Number(code));
      continue;
    }
    const { color, used } = details.length > 0 ? colorInColons(details) : colorInCodes(codes, index + 1);
    if (color !== null && code === "38") changed = { ...changed, fg: color };
    if (color !== null && code === "48") changed = { ...changed, bg: color };
    index += used;
  }
  return changed;
}

/**
 * @param {Style} style
 * @param {number} code
 * @returns {Style}
 */
function withCode(style, code) {
  if (code === 0) return PLAIN;
  if (code in SET_FLAGS) return { ...style, flags: style.flags | SET_FLAGS[code] };
  if (code in CLEARED_FLAGS) return { ...style, flags: style.flags & ~CLEARED_FLAGS[code] };
  if (code >= 30 && code <= 37) return { ...style, fg: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, fg: code - 82 };
  if (code >= 40 && code <= 47) return { ...style, bg: code - 40 };
  if (code >= 100 && code <= 107) return { ...style, bg: code - 92 };
  if (code === 39) return { ...style, fg: null };
  return code === 49 ? { ...style, bg: null } : style;
}

/**
 * @param {readonly string[]} codes
 * @param {number} at index of the color space code
 * @returns {{color: Color | null, used: number}}
 */
function colorInCodes(codes, at) {
  if (codes[at] === "5") return { color: indexed(codes[at + 1]), used: 2 };
  if (codes[at] === "2") return { color: hex(codes.slice(at + 1, at + 4)), used: 4 };
  // The parameters of an unknown color space are unknown too.
  return { color: null, used: codes.length };
}

/**
 * @param {readonly string[]} details "5:n", "2:r:g:b" or, with a color space, "2:space:r:g:b"
 * @returns {{color: Color | null, used: number}}
 */
function colorInColons(details) {
  if (details[0] === "5") return { color: indexed(details[1]), used: 0 };
  if (details[0] !== "2") return { color: null, used: 0 };
  return { color: hex(details.length > 4 ? details.slice(2, 5) : details.slice(1, 4)), used: 0 };
}

/**
 * @param {string | undefined} text
 * @returns {Color | null}
 */
function indexed(text) {
  const index = byte(text);
  if (index === null || index < 16) return index;
  if (index >= 232) return hex(Array(3).fill(String((index - 232) * 10 + 8)));
  const offset = index - 16;
  return hex([Math.floor(offset / 36), Math.floor(offset / 6) % 6, offset % 6].map((step) => String(CUBE[step])));
}

/**
 * @param {readonly string[]} channels decimal
 * @returns {Color | null}
 */
function hex(channels) {
  let code = 1;
  for (const channel of [0, 1, 2]) {
    const value = byte(channels[channel]);
    if (value === null) return null;
    code = code * 256 + value;
  }
  return `#${code.toString(16).slice(1)}`;
}

/** @param {string | undefined} text */
function byte(text) {
  const value = Number(text ?? NaN);
  return value <= 255 ? value : null;
}
