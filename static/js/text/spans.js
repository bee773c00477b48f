/**
 * Splits a line into the spans that its row displays, each with one style. The spans also give back the original text
 * for copying.
 */

import { parseAnsi, stripAnsi } from "./ansi.js";
import { membersOf, prettyJson } from "./json.js";
import { findLinks } from "./links.js";
import { glyphRanges, isClean } from "./sanitize.js";

/** @typedef {import("./ansi.js").Style} Style */
/** @typedef {import("./json.js").TokenKind} TokenKind */
/**
 * @typedef {object} Span
 * @property {string} text displayed text
 * @property {string} raw original text
 * @property {boolean} glyph whether `text` stands for characters that cannot be displayed
 * @property {string | null} href
 * @property {Style | null} style
 * @property {TokenKind | null} kind
 * @property {number} [offset] offset in the line, if the span is displayed out of order
 */
/** @typedef {{characters: number, spans: number}} SpanLimit */
/** @template T @typedef {readonly [start: number, end: number, value: T]} TextRange */

const MOST_FIELD_CHARACTERS = 4_000;
const MESSAGES = new Set(
  ["msg", "message", "event", "@m", "@mt", "Message", "MessageTemplate", "log", "text"].map((name) => `"${name}"`),
);
// A string value that is unambiguous without quotes.
const BARE = /^"[^\s"=\\]+"$/;

/** @type {SpanLimit} */
const UNLIMITED = { characters: Infinity, spans: Infinity };

/**
 * Return the line without a final carriage return and without terminal sequences, as it is copied.
 * @param {string} line
 */
export function lineText(line) {
  return stripAnsi(withoutReturn(line));
}

/**
 * @param {string} line
 * @param {SpanLimit} [limit]
 * @returns {{spans: Span[], rest: number}} no spans for an empty line; `rest` is the number of characters left out
 */
export function lineSpans(line, limit = UNLIMITED) {
  const whole = withoutReturn(line);
  if (whole.length <= limit.characters && isPlain(whole)) return { spans: plainSpans(whole), rest: 0 };
  const { text, styles, rest } = parseAnsi(whole, limit.characters);
  const spans = styledSpans(text, styles, limit.spans);
  return { spans, rest: rest + text.length - spans.reduce((sum, { raw }) => sum + raw.length, 0) };
}

/**
 * @param {string} line
 * @param {number} [max] maximum number of lines
 * @returns {{spans: Span[], rest: number} | null} `rest` is the number of lines left out; null if the line is not JSON
 */
export function jsonSpans(line, max = Infinity) {
  const lines = prettyJson(lineText(line));
  if (lines === null) return null;
  const spans = lines.slice(0, max).flatMap((tokens, index) => [
    ...(index > 0 ? [plainSpan("\n")] : []),
    ...tokens.flatMap(({ text, kind }) => tokenSpans(text, kind)),
  ]);
  return { spans, rest: Math.max(0, lines.length - max) };
}

/**
 * Display a JSON line as `key=value` pairs, with its message first.
 * @param {string} line
 * @returns {{spans: Span[], rest: number} | null} null if the line is not JSON, or too long to be read at a glance
 */
export function fieldSpans(line) {
  const text = lineText(line);
  const object = text.length > MOST_FIELD_CHARACTERS ? null : membersOf(text);
  if (object === null) return null;
  const { prefix, members } = object;
  const message = members.find(({ key }) => MESSAGES.has(key));
  const parts = [
    ...(prefix === "" ? [] : [tokenSpans(prefix, "prefix")]),
    ...(message ? [valueSpans(message, true)] : []),
    ...members.filter((member) => member !== message).map((member) => [
      ...tokenSpans(`${member.key.slice(1, -1)}=`, "key"),
      ...valueSpans(member, false),
    ]),
  ];
  return { spans: parts.flatMap((spans, index) => (index > 0 ? [plainSpan(" "), ...spans] : spans)), rest: 0 };
}

/**
 * Convert an offset in the displayed text to an offset in the line.
 * @param {readonly Span[]} spans
 * @param {number} offset
 * @returns {number | null} -1 if no span contains it; null if the spans are in the order of the line
 */
export function sourceOffset(spans, offset) {
  let start = 0;
  for (const { text, offset: inLine } of spans) {
    if (inLine !== undefined && start <= offset && offset <= start + text.length) return inLine + offset - start;
    start += text.length;
  }
  return spans.some((span) => span.offset !== undefined) ? -1 : null;
}

/**
 * @param {import("./json.js").Member} member
 * @param {boolean} isPlain whether to omit quotes and color
 */
function valueSpans({ value, offset, kind }, isPlain) {
  const bare = kind === "string" && (isPlain || BARE.test(value)) ? unquoted(value) : value;
  const spans = tokenSpans(bare, kind);
  for (const span of spans) {
    if (isPlain) span.kind = null;
    span.offset = offset;
  }
  return spans;
}

/** @param {string} quoted a JSON string; escapes that would break the line stay */
function unquoted(quoted) {
  return quoted.includes("\\") ? quoted.slice(1, -1).replace(/\\(["\\/])/g, "$1") : quoted.slice(1, -1);
}

/**
 * Return the original text of the displayed characters from `start` to `end`. A glyph is copied as a whole.
 * @param {readonly Span[]} spans
 * @param {number} start in the displayed text
 * @param {number} end
 */
export function copiedText(spans, start, end) {
  let copied = "";
  let position = 0;
  for (const { text, raw, glyph } of spans) {
    const [from, to] = [Math.max(start - position, 0), Math.min(end - position, text.length)];
    if (from < to) copied += glyph ? raw : text.slice(from, to);
    position += text.length;
  }
  return copied;
}

/** @param {string} line */
function withoutReturn(line) {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** @param {string} text */
function isPlain(text) {
  return isClean(text) && !text.includes("://");
}

/**
 * @param {string} text
 * @param {TokenKind} kind
 */
function tokenSpans(text, kind) {
  const spans = isPlain(text) ? [plainSpan(text)] : styledSpans(text, [], Infinity);
  for (const span of spans) span.kind = kind;
  return spans;
}

/** @param {string} text */
function plainSpans(text) {
  return text === "" ? [] : [plainSpan(text)];
}

/** @param {string} text @returns {Span} */
function plainSpan(text) {
  return { text, raw: text, glyph: false, href: null, style: null, kind: null };
}

/**
 * @param {string} text
 * @param {readonly TextRange<Style>[]} styleRanges
 * @param {number} max
 */
function styledSpans(text, styleRanges, max) {
  const styles = new RangeCursor(styleRanges);
  const glyphs = new RangeCursor(glyphRanges(text));
  const links = new RangeCursor(findLinks(text));
  /** @type {Span[]} */
  const spans = [];
  let end = 0;
  for (let start = 0; start < text.length && spans.length < max; start = end) {
    const [style, glyph, href] = [styles.at(start), glyphs.at(start), links.at(start)];
    end = Math.min(styles.until, glyphs.until, links.until, text.length);
    const raw = text.slice(start, end);
    // A style may end between glyphs of one range.
    const shown = glyph === null ? raw : shownGlyphs(raw);
    spans.push({ text: shown, raw, glyph: glyph !== null, href, style, kind: null });
  }
  return spans;
}

/** @param {string} raw */
function shownGlyphs(raw) {
  return glyphRanges(raw)
    .map(([, , shown]) => shown)
    .join("");
}

/**
 * Looks up values of sorted ranges, at ascending positions.
 * @template T
 */
class RangeCursor {
  #ranges;
  #index = 0;
  /** End of the last result's validity. */
  until = 0;

  /** @param {readonly TextRange<T>[]} ranges */
  constructor(ranges) {
    this.#ranges = ranges;
  }

  /** @param {number} position @returns {T | null} */
  at(position) {
    while (this.#index < this.#ranges.length && this.#ranges[this.#index][1] <= position) this.#index += 1;
    const range = this.#ranges[this.#index];
    const holds = range !== undefined && range[0] <= position;
    this.until = range === undefined ? Infinity : range[holds ? 1 : 0];
    return holds ? range[2] : null;
  }
}
