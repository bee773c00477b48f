/** Events of the stream as typed values. */

/**
 * @typedef {object} LinesEvent
 * @property {"lines"} kind
 * @property {string} source
 * @property {string} file id of the generation, stable while the server runs
 * @property {string} at cursor before the first line
 * @property {number | null} n number of the first line in its file, from 1
 * @property {string[]} lines
 * @property {(number | null)[]} [ns] line numbers in the file, if lines are filtered out
 * @property {[number, number][][]} [spans] matches in each line, in code points
 * @property {string} levels one letter per line: F E W N I D T or -
 * @property {(number | null)[]} times epoch milliseconds of each line
 * @property {[number, number][]} [cut] index in `lines` and full length in bytes of each shortened line
 * @property {boolean[]} [context] whether each line is context of a match
 * @property {boolean} [unterminated] whether the last line has no newline
 */
/** @typedef {"truncated" | "rotated" | "skipped" | "lost"} GapReason */
/** @typedef {{kind: "gap", source: string, reason: GapReason, lines: number | null}} GapEvent */
/** @typedef {"open" | "missing" | "unreadable" | "absent" | "rotated"} SourceState */
/** @typedef {{kind: "source", source: string, state: SourceState}} SourceEvent */
/** @typedef {{kind: "end", reason: "complete" | "shutdown"}} EndEvent */
/** @typedef {LinesEvent | GapEvent | SourceEvent | EndEvent} StreamEvent */

/** @typedef {StreamEvent["kind"]} EventKind */

const EVENT_KINDS = new Set(["lines", "gap", "source", "end"]);

/**
 * @param {string} kind
 * @returns {kind is EventKind}
 */
export function isEventKind(kind) {
  return EVENT_KINDS.has(kind);
}

/**
 * @param {EventKind} kind SSE event name
 * @param {string} data
 * @returns {StreamEvent}
 */
export function parseEvent(kind, data) {
  return { ...JSON.parse(data), kind };
}
