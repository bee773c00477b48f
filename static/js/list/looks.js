/** How each row is to look: what the reader spread out, marked or chose, and the columns in words. */

import { group } from "../lib/numbers.js";
import { formatAge, formatTime } from "../text/time.js";

/** @typedef {import("../model/rows.js").Row} Row */
/** @typedef {import("../model/rows.js").LineRow} LineRow */
/**
 * @typedef {object} Facts what the looks depend on besides
 * @property {import("./rows.js").Look["names"]} names
 * @property {import("./rows.js").Look["hues"]} hues
 * @property {Pick<import("../model/bookmarks.js").Bookmarks, "has">} bookmarks
 * @property {Pick<import("../model/settings.js").Settings, "times" | "zone" | "fields">} settings
 * @property {(line: LineRow) => string | null} restUrl
 */
/** @typedef {{file: string, n: number | null, text: string}} Chosen a line, by its number where that is known */

export class Looks {
  #facts;
  /** @type {WeakSet<Row>} */
  #expanded = new WeakSet();
  /** @type {WeakSet<Row>} */
  #pretty = new WeakSet();
  /** @type {WeakMap<Row, import("./rows.js").Around>} */
  #around = new WeakMap();
  /** Whether any row was made higher than others. */
  hasTall = false;
  /** Whether lines that do not match stand back. */
  dims = false;
  /** @type {Chosen | null} */
  chosen = null;

  /** @param {Facts} facts */
  constructor(facts) {
    this.#facts = facts;
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
   * @param {import("./rows.js").Around | null} around null shows the line alone again
   */
  setAround(row, around) {
    if (around) this.#around.set(row, around);
    else this.#around.delete(row);
    this.hasTall = true;
  }

  /** @param {Row} row */
  isAmid(row) {
    return this.#around.has(row);
  }

  /** @param {Row} row */
  shapeOf(row) {
    const fields = this.#facts.settings.fields.value;
    return { expanded: this.#expanded.has(row), pretty: this.#pretty.has(row), fields };
  }

  /** @param {LineRow} line */
  isChosen(line) {
    const { chosen } = this;
    if (!chosen || (chosen.file && chosen.file !== line.file)) return false;
    return chosen.n === null ? chosen.text === line.text : chosen.n === line.n;
  }

  /**
   * @param {Row | null} row
   * @param {number | null} n its line's number
   * @returns {import("./rows.js").Look}
   */
  of(row, n) {
    const { names, hues, bookmarks, restUrl } = this.#facts;
    const line = row?.kind === "line" ? row : null;
    const shape = line ? this.shapeOf(line) : { expanded: false, pretty: false, fields: false };
    return {
      names,
      hues,
      ...shape,
      around: (line && this.#around.get(line)) ?? null,
      dims: this.dims,
      number: n === null ? null : group(n),
      time: line?.time == null ? null : this.#timeOf(line.time),
      marked: line !== null && bookmarks.has(line),
      chosen: line !== null && this.isChosen(line),
      restUrl: line && restUrl(line),
    };
  }

  /** @param {number} time */
  #timeOf(time) {
    const { times, zone } = this.#facts.settings;
    if (times.value === "off") return null;
    return times.value === "relative"
      ? formatAge(time, Date.now())
      : formatTime(time, { zone: zone.value, date: false });
  }

  /**
   * @param {WeakSet<Row>} set
   * @param {Row} row
   */
  #toggle(set, row) {
    if (!set.delete(row)) set.add(row);
    this.hasTall = true;
  }
}
