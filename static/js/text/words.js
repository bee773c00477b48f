/** Texts for states, gaps and counts, kept together for consistent wording. */

import { counted, group } from "../lib/numbers.js";
import { sanitize } from "./sanitize.js";

/** @typedef {import("../model/events.js").GapEvent} GapEvent */
/** @typedef {import("../model/events.js").SourceState} SourceState */
/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {"live" | "quiet" | "wait" | "bad"} Tone */
/**
 * The user's position in a view.
 * @typedef {object} Position
 * @property {number | null} line position of the last visible line, from 1; null while unknown
 * @property {number | null} total null while unknown
 * @property {number} counted share of the file that is counted, from 0 to 1
 */
/** @typedef {{received: number, skipped: number, waiting: number}} LineTotals lines */
/**
 * @typedef {object} StatusContext
 * @property {number} now epoch milliseconds
 * @property {boolean} paused
 * @property {boolean} empty whether no line was received yet
 * @property {boolean} [filtered] whether lines are filtered out
 * @property {number | null} sources number of sources, null until known
 * @property {string | null} [fault] word for a fault of an open file that is shown
 * @property {string | null} [absent] names the hosts of the view that are away
 */
/** @typedef {{reason?: string | null, encoding?: string | null}} Faulty a source */

const GAP_REASONS = {
  truncated: "lost: the file was truncated",
  rotated: "lost: the file was rotated away",
  skipped: "skipped by the server to keep up",
  lost: "lost: no longer on disk",
};

const SOURCE_STATES = {
  open: "is available",
  missing: "is missing; waiting for it to appear",
  unreadable: "cannot be read",
  absent: "is absent; its lines follow when it is back",
  rotated: "was rotated; the new file follows",
};

// Smaller ages are "now", because the clocks of browser and server may differ by seconds.
const NOW_SECONDS = 5;
/** @type {readonly [unit: string, seconds: number][]} */
const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

const COUNT_UNITS = ["", "k", "M", "G"];

/** @param {GapEvent} gap */
export function gapText({ lines, reason }) {
  const missed = lines === null ? "some lines" : counted(lines, "line");
  return `${missed} ${GAP_REASONS[reason] ?? `lost: ${reason}`}`;
}

/**
 * @param {string} name
 * @param {SourceState} state
 */
export function sourceText(name, state) {
  return `${name} ${SOURCE_STATES[state] ?? state}`;
}

/** Quote a text in a sentence, shortened if it is long. @param {string} text */
export function quoted(text) {
  const shown = sanitize(text.trim());
  return `\u201c${shown.length > 26 ? `${shown.slice(0, 25)}\u2026` : shown}\u201d`;
}

/**
 * Return the server's error message for the user, who does not know the names of query parameters.
 * @param {string} detail begins with the name of the wrong parameter, such as "since: "
 */
export function errorText(detail) {
  return detail
    .replace(/^(?:q|not|level|time): /, "")
    .replace(/^since: /, "From: ")
    .replace(/^until: /, "To: ");
}

/** @param {number} perSecond lines */
export function rateText(perSecond) {
  return `${group(perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond))} lines/s`;
}

/** @param {LineTotals} totals */
export function totalText({ received, skipped, waiting }) {
  return joined(countedAs(received, "received"), countedAs(skipped, "skipped"), countedAs(waiting, "waiting"));
}

/** @param {Position} position */
export function positionText(position) {
  const { line, total } = position;
  if (line === null || total === null) return joined(lineNumberText(line), countingText(position));
  return joined(`line ${group(line)} of ${group(total)}`, `${percentOf(line, total)} %`);
}

/**
 * Short form for narrow screens.
 * @param {Position} position
 */
export function shortPositionText(position) {
  const { line, total } = position;
  if (line === null || total === null) return joined(countingText(position));
  return joined(lineNumberText(line), `${percentOf(line, total)} %`);
}

/**
 * Format the hits and progress of a search.
 * @param {{name: string, progress?: {matches: number, done: number, size: number} | null, absent?: readonly string[]}}
 *   search
 */
export function searchText({ name, progress, absent = [] }) {
  if (name === "failed") return "no answer from server";
  if (!progress) return name === "running" ? "searching\u2026" : "";
  const hits = progress.matches === 0 && name === "done" ? "no hits" : counted(progress.matches, "hit");
  const without = absent.length === 0 ? "" : `without ${absent.length > 1 ? `${absent.length} hosts` : sanitize(absent[0])}`;
  return joined(hits, name === "running" ? `${Math.floor((100 * progress.done) / Math.max(1, progress.size))} %` : without);
}

/**
 * Format a count in at most five characters: "999", "1.2k", "38M".
 * @param {number} count
 */
export function shortCount(count) {
  let [value, unit] = [count, 0];
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < COUNT_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)}${COUNT_UNITS[unit]}`;
}

/**
 * Format an age for a column: "now", "12 s", "3 min", "2 h", "400 d".
 * @param {number} milliseconds age
 */
export function agoText(milliseconds) {
  const seconds = milliseconds / 1000;
  const unit = UNITS.find(([, length]) => seconds >= length);
  if (!unit || seconds < NOW_SECONDS) return "now";
  return `${group(Math.floor(seconds / unit[1]))} ${unit[0]}`;
}

/**
 * @param {Connection} connection
 * @param {StatusContext} view
 * @returns {{words: string, tone: Tone}}
 */
export function statusText(connection, { now, paused, empty, filtered, sources, fault, absent }) {
  // The hub refuses a stream of absent hosts alone.
  if (absent && !paused && ["live", "connecting", "reconnecting"].includes(connection.name)) {
    return { words: absent, tone: "wait" };
  }
  switch (connection.name) {
    case "idle":
      if (sources === null) return { words: "connecting", tone: "wait" };
      return { words: sources === 0 ? "no sources" : "no source selected", tone: "quiet" };
    case "connecting":
      return { words: "connecting", tone: "wait" };
    case "live":
      if (paused) return { words: "paused", tone: "wait" };
      if (empty) return { words: filtered ? "live \u00b7 no matches" : "live \u00b7 no lines yet", tone: "live" };
      return { words: fault ? `live \u00b7 ${fault}` : "live", tone: "live" };
    case "reconnecting":
      return { words: `reconnecting${inSeconds(connection.retryAt, now)}`, tone: "wait" };
    case "server-ended":
      return { words: `server stopped; reconnecting${inSeconds(connection.retryAt, now)}`, tone: "wait" };
    case "ended":
      return { words: paused ? "ended \u00b7 paused" : "ended", tone: "quiet" };
    case "signed-out":
      return { words: "signed out", tone: "bad" };
    case "refused":
      return { words: "refused", tone: "bad" };
  }
}

/**
 * The reason why a source is unreadable, or the fault of its file: its first word, a colon, and what it means.
 *
 * @param {Faulty} source
 */
export function faultText({ reason, encoding }) {
  if (reason) return sanitize(reason);
  return encoding === "unknown" ? "wrong encoding: set encoding in [[logs]] of the configuration file" : null;
}

/** @param {Faulty} source */
export function shortFault(source) {
  return faultText(source)?.split(":", 1)[0] ?? null;
}

/**
 * @param {number | null} retryAt
 * @param {number} now
 */
function inSeconds(retryAt, now) {
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - now) / 1000);
  return seconds > 0 ? ` in ${seconds} s` : "\u2026";
}

/**
 * @param {number} lines
 * @param {string} word
 */
function countedAs(lines, word) {
  return lines > 0 ? `${group(lines)} ${word}` : "";
}

/** @param {number | null} line */
function lineNumberText(line) {
  return line === null ? "" : `line ${group(line)}`;
}

/** @param {Position} position */
function countingText({ counted: share }) {
  return share < 1 ? `counting lines ${Math.floor(share * 100)} %` : "";
}

/** @param {string[]} words */
function joined(...words) {
  return words.filter(Boolean).join(" \u00b7 ");
}

/**
 * 100 is reserved for the end.
 * @param {number} line
 * @param {number} total
 */
function percentOf(line, total) {
  return line >= total ? 100 : Math.floor((line / total) * 100);
}
