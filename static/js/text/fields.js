/** Finds fields in a line: of a JSON object, or key=value pairs (logfmt). */

/**
 * @typedef {object} Field
 * @property {string} key
 * @property {string} value
 * @property {number} start offset of the value in the line
 * @property {number} end
 * @property {string} text the part of the line with key and value
 * @property {boolean} isBounded whether `text` cannot be the beginning of a longer value
 */

// A bounded key: an attempt at each quote of a long line takes linear time.
const JSON_FIELD = /("(?:[^"\\]|\\.){0,200}")\s*:\s*("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null)/g;
const PAIR = /(?<=^|[\s,;|[({])([A-Za-z_][\w.\-/]{0,60})=("(?:[^"\\]|\\.)*"|[^\s",;|\])}]+)/g;
// A single pair may occur in any sentence.
const FEWEST_PAIRS = 2;

/**
 * @param {string} line
 * @returns {Field[]}
 */
export function fieldsOf(line) {
  const members = line.includes("{") ? Array.from(line.matchAll(JSON_FIELD), jsonField) : [];
  if (members.length > 0) return members;
  const pairs = Array.from(line.matchAll(PAIR), logfmtField);
  return pairs.length >= FEWEST_PAIRS ? pairs : [];
}

/**
 * Return the field whose value is at an offset in the line.
 * @param {string} line
 * @param {number} offset
 * @returns {Field | null}
 */
export function fieldAt(line, offset) {
  return fieldsOf(line).find(({ start, end }) => start <= offset && offset <= end) ?? null;
}

/**
 * Convert an offset in pretty-printed JSON to an offset in the line. Both differ only in white space.
 * @param {string} shown
 * @param {number} offset
 * @param {string} line
 */
export function lineOffset(shown, offset, line) {
  const visible = shown.slice(0, offset).replace(/\s/g, "").length;
  let passed = 0;
  for (let index = 0; index < line.length; index += 1) {
    if (/\s/.test(line[index])) continue;
    if (passed === visible) return index;
    passed += 1;
  }
  return line.length;
}

/** @param {RegExpMatchArray} match @returns {Field} */
function jsonField(match) {
  return { ...logfmtField(match), key: unquoted(match[1]) };
}

/** @param {RegExpMatchArray} match @returns {Field} */
function logfmtField({ 0: text, 1: key, 2: value, index = 0 }) {
  const end = index + text.length;
  const isBounded = value.startsWith('"');
  return { key, value: isBounded ? unquoted(value) : value, start: end - value.length, end, text, isBounded };
}

/** @param {string} quoted */
function unquoted(quoted) {
  try {
    return String(JSON.parse(quoted));
  } catch (error) {
    if (error instanceof SyntaxError) return quoted.slice(1, -1);
    throw error;
  }
}
