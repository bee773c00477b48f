/**
 * Pretty-prints JSON in a line. The source is indented, not serialized again, so the order of keys, duplicate keys
 * and all digits of numbers stay.
 */

/** @typedef {"prefix" | "indent" | "key" | "string" | "number" | "literal" | "punctuation"} TokenKind */
/** @typedef {{text: string, kind: TokenKind}} Token */
/**
 * @typedef {object} Member a member of an object
 * @property {string} key source text, with quotes
 * @property {string} value source text
 * @property {number} offset offset of the value in the line
 * @property {TokenKind} kind "punctuation" for an object or an array
 */

const STRING = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?/;
const NUMBER = /(-?\d[\d.eE+-]*)/;
const LITERAL = /(true|false|null)/;
const PUNCTUATION = /(\{\s*\}|\[\s*\]|[{}[\],])/;
const TOKEN = new RegExp([STRING, NUMBER, LITERAL, PUNCTUATION].map((part) => part.source).join("|"), "g");
// The text before the object may contain a few braces too.
const STARTS = 8;
// Deeper levels are unreadable, and indents would grow with the square of the depth.
const DEEPEST = 40;

/**
 * @param {string} text a line without terminal sequences
 * @returns {Token[][] | null} lines; text before the object is the only token of the first line; null if the line
 *   does not end with a JSON object
 */
export function prettyJson(text) {
  const start = findObject(text);
  if (start === null) return null;
  const prefix = text.slice(0, start).trimEnd();
  const lines = indentJson(text.slice(start).trim());
  return prefix === "" ? lines : [[{ text: prefix, kind: "prefix" }], ...lines];
}

/**
 * Return the members of the object at the end of a line, as source text.
 * @param {string} text a line without terminal sequences
 * @returns {{prefix: string, members: Member[]} | null} null if the line does not end with a JSON object
 */
export function membersOf(text) {
  const start = findObject(text);
  if (start === null) return null;
  /** @type {Member[]} */
  const members = [];
  let depth = 0;
  for (const match of text.slice(start).matchAll(TOKEN)) {
    const { 1: string, 2: colon, 3: number, 5: bracket, index } = match;
    const [from, end] = [start + index, start + index + match[0].length];
    const member = members.at(-1);
    if (depth === 1 && string !== undefined && colon !== undefined) {
      const offset = end + (/\S/.exec(text.slice(end))?.index ?? 0);
      members.push({ key: string, value: "", offset, kind: "punctuation" });
    } else if (member && bracket !== "," && (depth > 1 || member.value === "")) {
      const kind = string ? "string" : number ? "number" : bracket ? "punctuation" : "literal";
      if (member.value === "") member.kind = kind;
      if (depth > 1 || from === member.offset) member.value = text.slice(member.offset, end);
    }
    if (bracket === "{" || bracket === "[") depth += 1;
    if (bracket === "}" || bracket === "]") depth -= 1;
  }
  return { prefix: text.slice(0, start).trimEnd(), members };
}

/** @param {string} text */
function findObject(text) {
  if (!/\}\s*$/.test(text.slice(-100))) return null;
  let start = text.indexOf("{");
  for (let tries = 0; start >= 0 && tries < STARTS; tries += 1) {
    if (isJson(text.slice(start))) return start;
    start = text.indexOf("{", start + 1);
  }
  return null;
}

/** @param {string} text */
function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {string} source valid JSON
 * @returns {Token[][]}
 */
function indentJson(source) {
  /** @type {Token[]} */
  let line = [];
  const lines = [line];
  let depth = 0;
  const startLine = () => lines.push((line = depth > 0 ? [indent(depth)] : []));
  for (const token of tokens(source)) {
    const bracket = token.kind === "punctuation" ? token.text : "";
    if (bracket === "}" || bracket === "]") {
      depth -= 1;
      startLine();
    }
    line.push(token);
    if (bracket === "{" || bracket === "[") depth += 1;
    if (bracket === "{" || bracket === "[" || bracket === ",") startLine();
  }
  return lines;
}

/**
 * @param {string} source
 * @returns {Generator<Token>} an empty object or array is one token
 */
function* tokens(source) {
  for (const [, string, colon, number, literal, punctuation] of source.matchAll(TOKEN)) {
    if (string !== undefined) yield { text: string, kind: colon ? "key" : "string" };
    if (colon !== undefined) yield { text: ": ", kind: "punctuation" };
    if (number !== undefined) yield { text: number, kind: "number" };
    if (literal !== undefined) yield { text: literal, kind: "literal" };
    if (punctuation !== undefined) yield { text: punctuation.replace(/\s+/, ""), kind: "punctuation" };
  }
}

/** @param {number} depth @returns {Token} */
function indent(depth) {
  return { text: "  ".repeat(Math.min(depth, DEEPEST)), kind: "indent" };
}
