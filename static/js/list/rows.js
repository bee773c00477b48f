/**
 * Row elements, reused for different lines. They contain text nodes and class names from a fixed set only. A plain
 * line replaces only the parts that differ from the previous line of the same element.
 */

import { element } from "../lib/element.js";
import { bytes, counted } from "../lib/numbers.js";
import { sanitize } from "../text/sanitize.js";
import { fieldSpans, jsonSpans, lineSpans } from "../text/spans.js";
import { styleToCss } from "../text/style-colors.js";
import { gapText, sourceText } from "../text/words.js";

/** @typedef {import("../model/rows.js").Row} Row */
/** @typedef {import("../model/rows.js").LineRow} LineRow */
/** @typedef {import("../model/rows.js").NoteRow} NoteRow */
/** @typedef {import("../model/rows.js").Level} Level */
/** @typedef {import("../text/spans.js").Span} Span */
/**
 * How to display a row.
 * @typedef {object} RowOptions
 * @property {Pick<import("../model/source-names.js").SourceNames, "short">} names
 * @property {Pick<import("../model/source-colors.js").SourceColors, "of">} sourceColors
 * @property {string | null} number
 * @property {string | null} time
 * @property {boolean} expanded
 * @property {boolean} pretty whether JSON is pretty-printed over several lines
 * @property {boolean} fields whether JSON is shown as key=value
 * @property {Around | null} around nearby lines of the same file
 * @property {boolean} bookmarked whether the line has a bookmark
 * @property {boolean} chosen whether the line is the target of a jump or a link
 * @property {boolean} dimContext whether context lines are dimmed
 * @property {string | null} restUrl URL of the whole line
 */
/**
 * @typedef {object} Parts
 * @property {HTMLElement} levelCell
 * @property {Text} letter
 * @property {Text} name
 * @property {Text} number
 * @property {Text} time
 * @property {HTMLElement} body
 * @property {HTMLElement} text
 * @property {Text | null} plain the only child of `text`, if there is just one
 * @property {string} className
 * @property {Level | null} level
 */
/** @typedef {{before: readonly string[], after: readonly string[]}} Around nearby lines */
/**
 * @typedef {{spans: Span[], rest: number, unit: "character" | "line"}} DisplayedSpans `rest` counts characters or
 *   lines that are left out
 */

// Layout of a megabyte in one row takes seconds, so a row shows only a part until the user expands it. The number of
// spans is limited for the same reason.
const FOLDED = { characters: 4_000, spans: 400 };
const EXPANDED = { characters: 100_000, spans: 10_000 };
const AROUND = { characters: 1_000, spans: 100 };
const FOLDED_JSON = 400;
const EXPANDED_JSON = 5_000;

/** @type {Readonly<Record<Level, string>>} */
const LETTERS = { fatal: "F", error: "E", warning: "W", notice: "N", info: "I", debug: "D", trace: "T" };

/** @type {WeakMap<HTMLElement, Parts>} */
const partsOf = new WeakMap();

/** Create an empty row for `fillRow`. @returns {HTMLElement} */
export function makeRow() {
  const [letter, name, number, time] = Array.from({ length: 4 }, () => document.createTextNode(""));
  const levelCell = element("span", "mark-cell", letter);
  const text = element("span", "text");
  const body = element("span", "body", text);
  levelCell.dataset.action = "menu";
  const columns = [levelCell, element("span", "name", name), numberButton(number), element("span", "time", time), body];
  const row = element("div", "row", ...columns);
  partsOf.set(row, { levelCell, letter, name, number, time, body, text, plain: null, className: "row", level: null });
  return row;
}

/** @param {Text} number */
function numberButton(number) {
  const button = element("button", "number", number);
  button.type = "button";
  // The keyboard opens the menu with a command instead of a tab stop in each row.
  button.tabIndex = -1;
  button.title = "Line menu";
  button.dataset.action = "menu";
  return button;
}

/**
 * @param {HTMLElement} row created by `makeRow`
 * @param {Row | null} content null for a line that is not loaded
 * @param {RowOptions} options
 */
export function fillRow(row, content, options) {
  const parts = partsOf.get(row);
  if (!parts) throw new TypeError("not a row");
  const line = content?.kind === "line" ? content : null;
  setClass(row, parts, classes(content, options));
  setLevel(parts, line?.level ?? null);
  setText(parts.name, line ? sanitize(options.names.short(line.source)) : "");
  setText(parts.number, line || !content ? (options.number ?? "") : "");
  setText(parts.time, line ? (options.time ?? "") : "");
  if (content?.kind === "line") fillLine(parts, content, options);
  else fillPlain(parts, content ? noteText(content, options) : "");
}

/**
 * Return the spans that a row displays, in order. Offsets in the row's text refer to them.
 * @param {LineRow} line
 * @param {Pick<RowOptions, "pretty" | "expanded" | "fields">} options
 * @returns {DisplayedSpans}
 */
export function displayedSpans({ text }, { pretty, expanded, fields }) {
  const json = pretty ? jsonSpans(text, expanded ? EXPANDED_JSON : FOLDED_JSON) : null;
  if (json) return { ...json, unit: "line" };
  const spans = fields && text.includes("}") ? fieldSpans(text) : null;
  return { ...(spans ?? lineSpans(text, expanded ? EXPANDED : FOLDED)), unit: "character" };
}

/**
 * @param {Row | null} content
 * @param {RowOptions} options
 */
function classes(content, options) {
  if (content === null) return "row loading";
  if (content.kind !== "line") return content.kind === "gap" || isLoss(content) ? "row note gap" : "row note";
  const color = options.sourceColors.of(content.source);
  let names = content.level === null ? "row" : `row level-${content.level}`;
  if (color !== null) names += ` hue-${color}`;
  for (const name of /** @type {const} */ (["expanded", "pretty"])) if (options[name]) names += ` ${name}`;
  if (options.bookmarked) names += " marked";
  if (options.chosen) names += " chosen";
  if (content.context && options.dimContext) names += " context";
  if (options.around) names += " amid";
  return names;
}

/** @param {NoteRow} note */
function isLoss(note) {
  return note.kind === "divider" && note.reason !== null;
}

/**
 * @param {NoteRow} note
 * @param {RowOptions} options
 * @returns {string}
 */
function noteText(note, { names }) {
  if (note.kind === "complete") return "end of the stream";
  const name = sanitize(names.short(note.source));
  if (note.kind === "gap") return `${name}: ${gapText(note)}`;
  if (note.kind === "source") return sourceText(name, note.state);
  if (note.reason === null) return sourceText(name, "rotated");
  const reason = /** @type {import("../model/events.js").GapReason} */ (note.reason);
  return `${name}: ${gapText({ kind: "gap", source: note.source, reason, lines: null })}`;
}

/**
 * @param {HTMLElement} row
 * @param {Parts} parts
 * @param {string} className
 */
function setClass(row, parts, className) {
  if (parts.className === className) return;
  row.className = parts.className = className;
  if (className.endsWith(" chosen")) row.setAttribute("aria-current", "true");
  else row.removeAttribute("aria-current");
}

/**
 * @param {Parts} parts
 * @param {Level | null} level
 */
function setLevel(parts, level) {
  if (parts.level === level) return;
  parts.level = level;
  parts.letter.data = level === null ? "" : LETTERS[level];
  if (level === null) {
    parts.levelCell.removeAttribute("role");
    parts.levelCell.removeAttribute("aria-label");
  } else {
    parts.levelCell.setAttribute("role", "img");
    parts.levelCell.setAttribute("aria-label", level);
  }
  parts.levelCell.title = level ?? "";
}

/**
 * @param {Text} node
 * @param {string} text
 */
function setText(node, text) {
  if (node.data !== text) node.data = text;
}

/**
 * @param {Parts} parts
 * @param {LineRow} line
 * @param {RowOptions} options
 */
function fillLine(parts, line, options) {
  const displayed = displayedSpans(line, options);
  const { spans } = displayed;
  if (spans.length === 0) fillPlain(parts, "");
  else if (spans.length === 1 && isPlain(spans[0])) fillPlain(parts, spans[0].text);
  else fillSpans(parts, spans);
  const extras = extrasOf(line, options, displayed);
  if (extras.length > 0) parts.body.append(element("span", "tail", ...extras));
  if (!options.around) return;
  parts.body.prepend(...options.around.before.map(aroundLine));
  parts.body.append(...options.around.after.map(aroundLine));
}

/** @param {string} line */
function aroundLine(line) {
  return element("div", "around-line", ...lineSpans(line, AROUND).spans.map(({ text }) => text));
}

/**
 * @param {Parts} parts
 * @param {readonly Span[]} spans
 */
function fillSpans(parts, spans) {
  clearTail(parts);
  parts.plain = null;
  parts.text.replaceChildren(...spans.map(spanNode));
}

/**
 * @param {Parts} parts
 * @param {string} text
 */
function fillPlain(parts, text) {
  clearTail(parts);
  if (parts.plain) {
    setText(parts.plain, text);
    return;
  }
  parts.plain = document.createTextNode(text);
  parts.text.replaceChildren(parts.plain);
}

/** @param {Parts} parts */
function clearTail({ body, text }) {
  if (body.childNodes.length > 1) body.replaceChildren(text);
}

/** @param {Span} span */
function isPlain({ glyph, href, style, kind }) {
  return !glyph && href === null && style === null && kind === null;
}

/**
 * @param {Span} span
 * @returns {Node}
 */
function spanNode(span) {
  if (isPlain(span)) return document.createTextNode(span.text);
  const css = span.style ? styleToCss(span.style) : null;
  const names = [span.glyph ? "glyph" : "", span.kind ? `json-${span.kind}` : "", css?.classes ?? ""];
  const className = names.filter((name) => name !== "").join(" ");
  const node = span.href === null ? element("span", className, span.text) : link(className, span.href, span.text);
  if (css?.fg) node.style.setProperty("--fg", css.fg);
  if (css?.bg) node.style.setProperty("--bg", css.bg);
  return node;
}

/**
 * @param {string} className
 * @param {string} href
 * @param {string} words
 */
function link(className, href, words) {
  const made = element("a", className, words);
  made.href = href;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  return made;
}

/**
 * Return the elements after the text: how much is left out, and how to show it.
 * @param {LineRow} line
 * @param {RowOptions} options
 * @param {DisplayedSpans} displayed
 */
function extrasOf({ cut, unterminated }, { expanded, restUrl }, { rest, unit }) {
  const hidden = counted(rest, `more ${unit}`);
  /** @type {HTMLElement[]} */
  const extras = [];
  if (rest > 0) extras.push(expanded ? label(`${hidden} hidden`) : button("expand", hidden));
  if (cut !== null) extras.push(label(`shortened; ${bytes(cut)} in total`));
  const isPartial = cut !== null || (rest > 0 && expanded);
  if (restUrl !== null && isPartial) extras.push(link("rest", restUrl, "open the whole line"));
  if (unterminated) extras.push(label("no newline at end of line"));
  if (expanded) extras.push(button("fold", "show less"));
  return extras;
}

/** @param {string} words */
function label(words) {
  return element("span", "mark", words);
}

/**
 * @param {string} action
 * @param {string} words
 */
function button(action, words) {
  const made = element("button", "more", words);
  made.type = "button";
  made.dataset.action = action;
  return made;
}
