/** The page's states and gaps in plain words; one place, so that they read alike. */

import { counted } from "../lib/numbers.js";

/** @typedef {import("../model/events.js").GapEvent} GapEvent */
/** @typedef {import("../model/events.js").SourceState} SourceState */
/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {"live" | "quiet" | "wait" | "bad"} Tone */
/**
 * @typedef {object} View
 * @property {number} now epoch milliseconds
 * @property {boolean} paused
 * @property {boolean} empty no line came yet
 * @property {number | null} sources how many there are to choose from, null until known
 */

const GAP_REASONS = {
  truncated: "lost: the file was truncated",
  rotated: "lost: the file was rotated away",
  skipped: "skipped by the server to keep up",
  lost: "lost: they are no longer on disk",
};

const SOURCE_STATES = {
  open: "is there now",
  missing: "is missing; waiting for it",
  unreadable: "cannot be read",
  rotated: "was rotated; the new file follows",
};

/** @param {GapEvent} gap */
export function gapWords({ lines, reason }) {
  const missed = lines === null ? "some lines" : counted(lines, "line");
  return `${missed} ${GAP_REASONS[reason] ?? `lost: ${reason}`}`;
}

/**
 * @param {string} name
 * @param {SourceState} state
 */
export function sourceWords(name, state) {
  return `${name} ${SOURCE_STATES[state] ?? state}`;
}

/** @param {number} lines */
export function skipWords(lines) {
  return `${counted(lines, "line")} skipped to keep up`;
}

/**
 * @param {Connection} connection
 * @param {View} view
 * @returns {{words: string, tone: Tone}}
 */
export function statusWords(connection, { now, paused, empty, sources }) {
  switch (connection.name) {
    case "idle":
      if (sources === null) return { words: "connecting", tone: "wait" };
      return { words: sources === 0 ? "no sources" : "no source chosen", tone: "quiet" };
    case "connecting":
      return { words: "connecting", tone: "wait" };
    case "live":
      if (paused) return { words: "paused", tone: "wait" };
      return empty ? { words: "live \u00b7 no lines yet", tone: "live" } : { words: "live", tone: "live" };
    case "reconnecting":
      return { words: `reconnecting${inSeconds(connection.at, now)}`, tone: "wait" };
    case "server-ended":
      return { words: `server ended; reconnecting${inSeconds(connection.at, now)}`, tone: "wait" };
    case "ended":
      return { words: paused ? "ended \u00b7 paused" : "ended", tone: "quiet" };
    case "signed-out":
      return { words: "signed out", tone: "bad" };
    case "refused":
      return { words: "refused", tone: "bad" };
  }
}

/**
 * @param {number | null} at
 * @param {number} now
 */
function inSeconds(at, now) {
  const seconds = at === null ? 0 : Math.ceil((at - now) / 1000);
  return seconds > 0 ? ` in ${seconds} s` : "\u2026";
}
