/** What the stream says, as values. This gives types to what JSON.parse returns. */

/**
 * @typedef {object} LinesEvent
 * @property {"lines"} kind
 * @property {string} source
 * @property {number | null} n number of the first line in its file, from 1
 * @property {string[]} lines
 * @property {[number, number][]} [cut] index in `lines` and true length in bytes of each line that came shortened
 * @property {boolean} [unterminated] the last line had no newline at its end
 */
/** @typedef {"truncated" | "rotated" | "skipped" | "lost"} GapReason */
/** @typedef {{kind: "gap", source: string, reason: GapReason, lines: number | null}} GapEvent */
/** @typedef {"open" | "missing" | "unreadable" | "rotated"} SourceState */
/** @typedef {{kind: "source", source: string, state: SourceState}} SourceEvent */
/** @typedef {{kind: "end", reason: "complete" | "shutdown"}} EndEvent */
/** @typedef {LinesEvent | GapEvent | SourceEvent | EndEvent} StreamEvent */

/** @typedef {StreamEvent["kind"]} EventKind */

/** @type {readonly EventKind[]} */
export const EVENT_KINDS = ["lines", "gap", "source", "end"];

/**
 * @param {EventKind} kind the SSE event name
 * @param {string} data
 * @returns {StreamEvent}
 */
export function parseEvent(kind, data) {
  return { ...JSON.parse(data), kind };
}
