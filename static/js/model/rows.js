/** What the list shows, one row each; and how what the server sends becomes rows. */

/** @typedef {"fatal" | "error" | "warning" | "notice" | "info" | "debug" | "trace"} Level */
/**
 * @typedef {object} LineRow
 * @property {"line"} kind
 * @property {string} source
 * @property {string} file the generation it is in
 * @property {number | null} n number in its file, from 1
 * @property {string} text
 * @property {Level | null} level
 * @property {number | null} time epoch milliseconds
 * @property {string | null} at its cursor, where it is known
 * @property {number | null} cut true length in bytes when the line came shortened
 * @property {boolean} unterminated
 * @property {boolean} context whether it does not match, and is shown with what does
 * @property {readonly [number, number][] | null} spans where it has what was asked for, in code points; null where
 *   the server did not tell
 */
/** @typedef {import("./events.js").GapEvent} GapRow lines that never came */
/** @typedef {import("./events.js").SourceEvent} SourceRow */
/** @typedef {{kind: "divider", source: string, reason: string | null}} DividerRow where one file ends and the next begins */
/** @typedef {{kind: "complete"}} CompleteRow */
/** @typedef {GapRow | SourceRow | DividerRow | CompleteRow} NoteRow */
/** @typedef {LineRow | NoteRow} Row */

/**
 * A line as `/api/lines` gives it.
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
export function rowOf({ source, file, n, text, level, time, at, cut, unterminated, spans, context }) {
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
