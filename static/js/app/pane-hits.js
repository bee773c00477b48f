/** The search hits of a pane: highlights them, requests matches of patterns from the server, and scrolls to a hit. */

import { HitHighlighter } from "../list/hit-highlighter.js";
import { hitParameters } from "../model/filter.js";

/** @typedef {import("../model/filter.js").Filter} Filter */
/**
 * @typedef {object} Parts
 * @property {HTMLElement} log
 * @property {import("../list/viewport.js").Viewport} viewport
 * @property {import("../list/visible-rows.js").VisibleRows} visibleRows
 * @property {() => import("./view.js").View} view the current view
 * @property {(row: number) => Promise<string | null>} cursorOf
 * @property {() => ReturnType<import("../list/visible-rows.js").VisibleRows["current"]>} current
 * @property {(message: string) => void} notify
 */

const SPANS_MS = 120;
const SPANS_LINES = 200;
// The matches of a pattern arrive some time after the line.
const SEEK_MS = 1_500;
const MARGIN_PX = 40;

export class PaneHits {
  #parts;
  #hits;
  /** Deadline for scrolling to the hit in the chosen line. */
  #seekUntil = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #spansTimer;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#hits = new HitHighlighter(parts.viewport, (row) => parts.visibleRows.at(row)?.line ?? null);
  }

  /** @param {Filter} filter */
  setFilter(filter) {
    const texts = filter.search ? [...filter.include, filter.search] : filter.include;
    this.#hits.setQuery({ ...filter, texts });
    this.moved();
  }

  /** @param {readonly import("../model/highlights.js").Highlight[]} highlights */
  setHighlights(highlights) {
    this.#hits.setHighlights(highlights);
  }

  /** Scroll to the hit of the next chosen line. */
  seek() {
    this.#seekUntil = performance.now() + SEEK_MS;
  }

  /** Call after rows were drawn. */
  paint() {
    this.#hits.paint();
    this.#bringIntoView();
  }

  /** Call after the view moved. Matches of a pattern in unfiltered lines come from the server. */
  moved() {
    clearTimeout(this.#spansTimer);
    const { regex, search, only } = this.#parts.view().filter;
    if (regex && search && !only) this.#spansTimer = setTimeout(() => void this.#requestSpans(), SPANS_MS);
  }

  close() {
    clearTimeout(this.#spansTimer);
  }

  async #requestSpans() {
    const view = this.#parts.view();
    const at = await this.#parts.cursorOf(this.#parts.viewport.top);
    const query = { at: at ?? "", count: SPANS_LINES, spans: "true" };
    const answer = at && (await view.requestLines(query, hitParameters(view.filter)));
    if (!answer || !("lines" in answer) || view.filter !== this.#parts.view().filter) return;
    this.#hits.addSpans(answer.lines);
    this.#bringIntoView();
  }

  /** Scroll sideways to the hit, or report that it is in the part of the line that is not shown. */
  #bringIntoView() {
    const current = performance.now() < this.#seekUntil ? this.#parts.current() : null;
    if (!current?.isChosen) return;
    const hit = this.#hits.firstIn(current.row);
    if (!hit && this.#parts.view().filter.regex) return;
    this.#seekUntil = 0;
    const { log, viewport, notify } = this.#parts;
    if (!hit) {
      const isLonger = current.line.cut !== null || viewport.elementOf(current.row)?.querySelector(".more");
      if (isLonger) notify("The hit is in the hidden part of this line");
      return;
    }
    const { left, width } = log.getBoundingClientRect();
    const isInside = hit.left > left + MARGIN_PX && hit.right < left + width - MARGIN_PX;
    if (!isInside) viewport.moveSideways(hit.left - left - width / 3);
  }
}
