/** The hits in a pane's lines: painted, asked for where only the server knows them, and brought into view. */

import { Hits } from "./list/hits.js";
import { hitParameters } from "./model/filter.js";

/** @typedef {import("./model/filter.js").Filter} Filter */
/**
 * @typedef {object} Parts
 * @property {HTMLElement} log
 * @property {import("./list/viewport.js").Viewport} viewport
 * @property {import("./list/in-view.js").InView} inView
 * @property {() => import("./view.js").View} view the present one
 * @property {(row: number) => Promise<string | null>} cursorOf
 * @property {() => ReturnType<import("./list/in-view.js").InView["current"]>} current
 * @property {(words: string) => void} say
 */

const TELL_MS = 120;
const TOLD_LINES = 200;
// Where a pattern is in a line, is known some time after the line.
const SEEK_MS = 1_500;
const MARGIN_PX = 40;

export class PaneHits {
  #parts;
  #hits;
  /** Until when the hit in the chosen line is to be brought into view. */
  #seeking = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #telling;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#hits = new Hits(parts.viewport, (row) => parts.inView.at(row)?.line ?? null);
  }

  /** @param {Filter} filter */
  want(filter) {
    const texts = filter.search ? [...filter.include, filter.search] : filter.include;
    this.#hits.want({ ...filter, texts });
    this.moved();
  }

  /** @param {readonly import("./model/terms.js").Term[]} terms */
  wantTerms(terms) {
    this.#hits.wantTerms(terms);
  }

  /** The next chosen line has one that is to be seen. */
  seek() {
    this.#seeking = performance.now() + SEEK_MS;
  }

  /** Call when rows were drawn. */
  paint() {
    this.#hits.paint();
    this.#bringIntoView();
  }

  /** Other lines are in view: where a pattern is in lines that it leaves as they are, the server alone knows. */
  moved() {
    clearTimeout(this.#telling);
    const { regex, search, only } = this.#parts.view().filter;
    if (regex && search && !only) this.#telling = setTimeout(() => void this.#ask(), TELL_MS);
  }

  close() {
    clearTimeout(this.#telling);
  }

  async #ask() {
    const view = this.#parts.view();
    const at = await this.#parts.cursorOf(this.#parts.viewport.top);
    const query = { at: at ?? "", count: TOLD_LINES, spans: "true" };
    const answer = at && (await view.ask(query, hitParameters(view.filter)));
    if (!answer || !("lines" in answer) || view.filter !== this.#parts.view().filter) return;
    this.#hits.tell(answer.lines);
    this.#bringIntoView();
  }

  /** Lines are wider than the screen, and longer than what is shown of them. */
  #bringIntoView() {
    const current = performance.now() < this.#seeking ? this.#parts.current() : null;
    if (!current?.isChosen) return;
    const hit = this.#hits.firstIn(current.row);
    if (!hit && this.#parts.view().filter.regex) return;
    this.#seeking = 0;
    const { log, viewport, say } = this.#parts;
    if (!hit) {
      const isLonger = current.line.cut !== null || viewport.elementOf(current.row)?.querySelector(".more");
      if (isLonger) say("The hit is further on in this line, beyond what is shown of it");
      return;
    }
    const { left, width } = log.getBoundingClientRect();
    const isInside = hit.left > left + MARGIN_PX && hit.right < left + width - MARGIN_PX;
    if (!isInside) viewport.moveAside(hit.left - left - width / 3);
  }
}
