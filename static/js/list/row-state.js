/** Display state of rows: expanded, pretty-printed, chosen, with nearby lines; and the text of their columns. */

import { group } from "../lib/numbers.js";
import { formatAge, formatTime } from "../text/time.js";

/** @typedef {import("../model/rows.js").Row} Row */
/** @typedef {import("../model/rows.js").LineRow} LineRow */
/**
 * @typedef {object} RowStateParts other state that rows depend on
 * @property {import("./rows.js").RowOptions["names"]} names
 * @property {import("./rows.js").RowOptions["sourceColors"]} sourceColors
 * @property {Pick<import("../model/bookmarks.js").Bookmarks, "has">} bookmarks
 * @property {Pick<import("../model/settings.js").Settings, "times" | "zone" | "fields">} settings
 * @property {(line: LineRow) => string | null} restUrl
 */
/** @typedef {{file: string, n: number | null, text: string}} Chosen a line, identified by its number if it is known */

export class RowState {
  #parts;
  /** @type {Set<Row | string>} */
  #expanded = new Set();
  /** @type {Set<Row | string>} */
  #pretty = new Set();
  /** @type {Map<Row | string, import("./rows.js").Around>} */
  #around = new Map();
  /** Whether any row may be higher than the others. */
  hasTall = false;
  /** Whether context lines are dimmed. */
  dimContext = false;
  /** @type {Chosen | null} */
  chosen = null;

  /** @param {RowStateParts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @param {Row} row */
  toggleExpanded(row) {
    this.#toggle(this.#expanded, row);
  }

  /** @param {Row} row */
  togglePretty(row) {
    this.#toggle(this.#pretty, row);
  }

  /**
   * @param {Row} row
   * @param {import("./rows.js").Around | null} around null hides the nearby lines again
   */
  setAround(row, around) {
    if (around) this.#around.set(keyOf(row), around);
    else this.#around.delete(keyOf(row));
    this.hasTall = true;
  }

  /** @param {Row} row */
  hasAround(row) {
    return this.#around.has(keyOf(row));
  }

  /** @param {Row} row */
  textFormatOf(row) {
    const fields = this.#parts.settings.fields.value;
    const key = keyOf(row);
    return { expanded: this.#expanded.has(key), pretty: this.#pretty.has(key), fields };
  }

  /** @param {LineRow} line */
  isChosen(line) {
    const { chosen } = this;
    if (!chosen || (chosen.file && chosen.file !== line.file)) return false;
    return chosen.n === null ? chosen.text === line.text : chosen.n === line.n;
  }

  /**
   * @param {Row | null} row
   * @param {number | null} n line number
   * @returns {import("./rows.js").RowOptions}
   */
  of(row, n) {
    const { names, sourceColors, bookmarks, restUrl } = this.#parts;
    const line = row?.kind === "line" ? row : null;
    const textFormat = line ? this.textFormatOf(line) : { expanded: false, pretty: false, fields: false };
    return {
      names,
      sourceColors,
      ...textFormat,
      around: (line && this.#around.get(keyOf(line))) ?? null,
      dimContext: this.dimContext,
      number: n === null ? null : group(n),
      time: line?.time == null ? null : this.#timeOf(line.time),
      bookmarked: line !== null && bookmarks.has(line),
      chosen: line !== null && this.isChosen(line),
      restUrl: line && (line.cut !== null || textFormat.expanded) ? restUrl(line) : null,
    };
  }

  /** @param {number} time */
  #timeOf(time) {
    const { times, zone } = this.#parts.settings;
    if (times.value === "off") return null;
    return times.value === "relative"
      ? formatAge(time, Date.now())
      : formatTime(time, { zone: zone.value, date: false });
  }

  /**
   * @param {Set<Row | string>} set
   * @param {Row} row
   */
  #toggle(set, row) {
    if (!set.delete(keyOf(row))) set.add(keyOf(row));
    this.hasTall = true;
  }
}

/**
 * Identify a line by file and number: the stream and a page of lines create separate rows for it.
 * @param {Row} row
 */
function keyOf(row) {
  return row.kind === "line" && row.n !== null ? `${row.file} ${row.n}` : row;
}
