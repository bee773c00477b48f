/** What the stream says, as values. This gives types to what JSON.parse returns. */

/**
 * @typedef {object} LinesEvent
 * @property {"lines"} kind
 * @property {string} source
 * @property {string} file the generation that they are in, known by this id as long as the server runs
 * @property {string} at cursor before the first line
 * @property {number | null} n number of the first line in its file, from 1
 * @property {string[]} lines
 * @property {(number | null)[]} [ns] number of each line in its file, where lines are left out
 * @property {[number, number][][]} [spans] where each line has what was asked for, in code points
 * @property {string} levels a letter a line: F E W N I D T or -
 * @property {(number | null)[]} times epoch milliseconds of each line
 * @property {[number, number][]} [cut] index in `lines` and true length in bytes of each line that came shortened
 * @property {boolean[]} [context] whether each line does not match, and is there with what does
 * @property {boolean} [unterminated] the last line had no newline at its end
 */
/** @typedef {"truncated" | "rotated" | "skipped" | "lost"} GapReason */
/** @typedef {{kind: "gap", source: string, reason: GapReason, lines: number | null}} GapEvent */
/** @typedef {"open" | "missing" | "unreadable" | "rotated"} SourceState */
/** @typedef {{kind: "source", source: string, state: SourceState}} SourceEvent */
/** @typedef {{kind: "end", reason: "complete" | "shutdown"}} EndEvent */
/** @typedef {LinesEvent | GapEvent | SourceEvent | EndEvent} StreamEvent */

/** @typedef {StreamEvent["kind"]} EventKind */

const LEVEL_KEYS = new Set(["lines", "gap", "source", "end"]);

/**
 * @param {string} kind
 * @returns {kind is EventKind}
 */
export function isEventKind(kind) {
  return LEVEL_KEYS.has(kind);
}

/**
 * @param {EventKind} kind the SSE event name
 * @param {string} data
 * @returns {StreamEvent}
 */
export function parseEvent(kind, data) {
  return { ...JSON.parse(data), kind };
}
