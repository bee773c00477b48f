/** Highlights search hits and highlighted words in the visible rows. */

import { MAX_HIGHLIGHTS } from "../model/highlights.js";
import { displayedHits, findHits, hitPatterns } from "../text/hits.js";
import { TextHighlight, textRange } from "./text-highlight.js";

/** @typedef {import("../model/rows.js").LineRow} LineRow */
/** @typedef {import("../text/hits.js").Hit} Hit */
/**
 * @typedef {object} HitQuery
 * @property {readonly string[]} texts
 * @property {boolean} regex whether the texts are patterns, whose matches only the server knows
 * @property {import("../model/filter.js").MatchCase} matchCase
 */

export class HitHighlighter {
  #viewport;
  #lineAt;
  #hits = new TextHighlight("hit");
  #highlights = Array.from({ length: MAX_HIGHLIGHTS }, (_, color) => new TextHighlight(`term-${color}`));
  /** @type {readonly RegExp[]} */
  #patterns = [];
  /** @type {readonly {patterns: RegExp[], color: number}[]} */
  #highlightPatterns = [];
  #regex = false;
  #isEmpty = true;
  /** Matches sent by the server, by file and line number. @type {Map<string, readonly Hit[]>} */
  #serverSpans = new Map();

  /**
   * @param {import("./viewport.js").Viewport} viewport
   * @param {(row: number) => LineRow | null} lineAt
   */
  constructor(viewport, lineAt) {
    this.#viewport = viewport;
    this.#lineAt = lineAt;
  }

  /** @param {HitQuery} query */
  setQuery({ texts, regex, matchCase }) {
    this.#patterns = regex ? [] : hitPatterns(texts, matchCase);
    this.#regex = regex && texts.length > 0;
    this.#serverSpans.clear();
    this.paint();
  }

  /** @param {readonly import("../model/highlights.js").Highlight[]} highlights */
  setHighlights(highlights) {
    this.#highlightPatterns = highlights.map(({ text, color }) => {
      return { patterns: hitPatterns([text], "insensitive"), color };
    });
    this.paint();
  }

  /** @param {readonly import("../model/rows.js").WireLine[]} lines with their matches */
  addSpans(lines) {
    for (const { file, n, spans } of lines) if (n !== null) this.#serverSpans.set(`${file} ${n}`, spans ?? []);
    this.paint();
  }

  /** Call after rows were drawn. */
  paint() {
    const isEmpty = this.#patterns.length === 0 && !this.#regex && this.#highlightPatterns.length === 0;
    if (isEmpty && this.#isEmpty) return;
    this.#isEmpty = isEmpty;
    /** @type {Range[]} */
    const hits = [];
    const rangesByColor = this.#highlights.map(() => /** @type {Range[]} */ ([]));
    for (const { element, text, line } of this.#visibleLines()) {
      for (const [start, end] of this.#hitsIn(text, line)) hits.push(textRange(element, start, end));
      for (const { patterns, color } of this.#highlightPatterns) {
        for (const [start, end] of findHits(text, patterns)) rangesByColor[color].push(textRange(element, start, end));
      }
    }
    this.#hits.set(hits);
    this.#highlights.forEach((highlight, color) => highlight.set(rangesByColor[color]));
  }

  /** Return the screen position of the first hit in a row; null if the row shows none. @param {number} row */
  firstIn(row) {
    const visible = [...this.#visibleLines()].find((line) => line.row === row);
    const [first] = visible ? this.#hitsIn(visible.text, visible.line) : [];
    return visible && first ? textRange(visible.element, first[0], first[1]).getBoundingClientRect() : null;
  }

  /** The visible lines with the element that shows their text. */
  *#visibleLines() {
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
    if (!this.#regex) return findHits(text, this.#patterns);
    const spans = this.#serverSpans.get(`${line.file} ${line.n}`) ?? line.spans ?? [];
    // Offsets of the line do not apply to pretty-printed JSON.
    return text.includes("\n") ? [] : displayedHits(line.text, spans).filter(([start]) => start < text.length);
  }
}
