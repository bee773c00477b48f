/** Paints what was searched for, and the words that a reader wants to see, in the rows in view. */

import { MOST_TERMS } from "../model/terms.js";
import { find, finders, shownHits } from "../text/hits.js";
import { Paint, rangeIn } from "./paint.js";

/** @typedef {import("../model/rows.js").LineRow} LineRow */
/** @typedef {import("../text/hits.js").Hit} Hit */
/**
 * @typedef {object} Wanted
 * @property {readonly string[]} texts
 * @property {boolean} regex whether they are patterns: then the server says where they are
 * @property {import("../model/filter.js").Case} matchCase
 */

export class Hits {
  #viewport;
  #lineAt;
  #hits = new Paint("hit");
  #terms = Array.from({ length: MOST_TERMS }, (_, colour) => new Paint(`term-${colour}`));
  /** @type {readonly RegExp[]} */
  #finders = [];
  /** @type {readonly {finders: RegExp[], colour: number}[]} */
  #words = [];
  #regex = false;
  #isBlank = true;
  /** What the server said, by file and number. @type {Map<string, readonly Hit[]>} */
  #told = new Map();

  /**
   * @param {import("./viewport.js").Viewport} viewport
   * @param {(row: number) => LineRow | null} lineAt
   */
  constructor(viewport, lineAt) {
    this.#viewport = viewport;
    this.#lineAt = lineAt;
  }

  /** @param {Wanted} wanted */
  want({ texts, regex, matchCase }) {
    this.#finders = regex ? [] : finders(texts, matchCase);
    this.#regex = regex && texts.length > 0;
    this.#told.clear();
    this.paint();
  }

  /** @param {readonly import("../model/terms.js").Term[]} terms */
  wantTerms(terms) {
    this.#words = terms.map(({ text, colour }) => ({ finders: finders([text], "insensitive"), colour }));
    this.paint();
  }

  /** @param {readonly import("../model/rows.js").WireLine[]} lines with their spans */
  tell(lines) {
    for (const { file, n, spans } of lines) if (n !== null) this.#told.set(`${file} ${n}`, spans ?? []);
    this.paint();
  }

  /** Call when rows were drawn. */
  paint() {
    const isBlank = this.#finders.length === 0 && !this.#regex && this.#words.length === 0;
    if (isBlank && this.#isBlank) return;
    this.#isBlank = isBlank;
    /** @type {Range[]} */
    const hits = [];
    const words = this.#terms.map(() => /** @type {Range[]} */ ([]));
    for (const { element, text, line } of this.#shown()) {
      for (const [start, end] of this.#hitsIn(text, line)) hits.push(rangeIn(element, start, end));
      for (const { finders, colour } of this.#words) {
        for (const [start, end] of find(text, finders)) words[colour].push(rangeIn(element, start, end));
      }
    }
    this.#hits.set(hits);
    this.#terms.forEach((paint, colour) => paint.set(words[colour]));
  }

  /** Where the first hit in a row is on the screen; null if the row shows none. @param {number} row */
  firstIn(row) {
    const shown = [...this.#shown()].find((each) => each.row === row);
    const [first] = shown ? this.#hitsIn(shown.text, shown.line) : [];
    return shown && first ? rangeIn(shown.element, first[0], first[1]).getBoundingClientRect() : null;
  }

  /** The lines in view, with what shows their text. */
  *#shown() {
    const { top, bottom } = this.#viewport;
    for (let row = top; row < bottom; row += 1) {
      const element = this.#viewport.elementOf(row)?.querySelector(".text");
      const line = this.#lineAt(row);
      if (element && line) yield { row, element, line, text: element.textContent ?? "" };
    }
  }

  /**
   * @param {string} text
   * @param {LineRow} line
   */
  #hitsIn(text, line) {
    if (!this.#regex) return find(text, this.#finders);
    const spans = this.#told.get(`${line.file} ${line.n}`) ?? line.spans ?? [];
    // Set out over several lines, its places are others.
    return text.includes("\n") ? [] : shownHits(line.text, spans).filter(([start]) => start < text.length);
  }
}
