/** The rows of the list, and their construction from server data. */

/** @typedef {"fatal" | "error" | "warning" | "notice" | "info" | "debug" | "trace"} Level */
/**
 * @typedef {object} LineRow
 * @property {"line"} kind
 * @property {string} source
 * @property {string} file id of the generation
 * @property {number | null} n number in its file, from 1
 * @property {string} text
 * @property {Level | null} level
 * @property {number | null} time epoch milliseconds
 * @property {string | null} at cursor of the line, if known
 * @property {number | null} cut full length in bytes if the line was shortened
 * @property {boolean} unterminated
 * @property {boolean} context whether the line is context of a match
 * @property {readonly [number, number][] | null} spans matches in code points; null if the
 *   server did not send them
 */
/** @typedef {import("./events.js").GapEvent} GapRow lines that were never received */
/** @typedef {import("./events.js").SourceEvent} SourceRow */
/** @typedef {{kind: "divider", source: string, reason: string | null}} DividerRow boundary of two files */
/** @typedef {{kind: "complete"}} CompleteRow */
/** @typedef {GapRow | SourceRow | DividerRow | CompleteRow} NoteRow */
/** @typedef {LineRow | NoteRow} Row */

/**
 * A line in an answer of `/api/lines`.
 * @typedef {object} WireLine
 * @property {string} source
 * @property {string} file
 * @property {number | null} n
 * @property {string} text
 * @property {Level | null} level
 * @property {number | null} time
 * @property {string} at
 * @property {number} [cut]
 * @property {boolean} [unterminated]
 * @property {[number, number][]} [spans]
 * @property {boolean} [context]
 */

/** @type {Record<string, Level>} */
const LEVELS = { F: "fatal", E: "error", W: "warning", N: "notice", I: "info", D: "debug", T: "trace" };

/**
 * @param {import("./events.js").LinesEvent} event
 * @returns {LineRow[]}
 */
export function rowsFromEvent(event) {
  const { source, file, n, ns, levels, times, cut, spans, context } = event;
  const cuts = new Map(cut);
  const last = event.lines.length - 1;
  return event.lines.map((text, index) => ({
    kind: "line",
    source,
    file: file ?? "",
    n: ns ? ns[index] : n === null ? null : n + index,
    text,
    level: LEVELS[levels?.[index] ?? "-"] ?? null,
    time: times?.[index] ?? null,
    at: index === 0 ? (event.at ?? null) : null,
    cut: cuts.get(index) ?? null,
    unterminated: index === last && event.unterminated === true,
    context: context?.[index] === true,
    spans: spans?.[index] ?? null,
  }));
}

/**
 * @param {WireLine} line
 * @returns {LineRow}
 */
export function rowFromLine({ source, file, n, text, level, time, at, cut, unterminated, spans, context }) {
  return {
    kind: "line",
    source,
    file,
    n,
    text,
    level,
    time,
    at,
    cut: cut ?? null,
    unterminated: unterminated === true,
    context: context === true,
    spans: spans ?? null,
  };
}
