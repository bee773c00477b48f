/** The ways a reader moves through a document: by lines and pages, to both ends, to a place. */

/** @typedef {import("../model/go-to.js").Target} Target */
/** @typedef {{total: number, rowOfLine: (line: number) => number}} LineRows */

const SIDEWAYS_PX = 80;
// Enough of what is before it, to see where one is.
const CONTEXT_ROWS = 3;

export class Navigation {
  #viewport;
  #follow;
  #document;
  #choose;

  /**
   * @param {object} parts
   * @param {import("./viewport.js").Viewport} parts.viewport
   * @param {import("./follow-state.js").FollowState} parts.follow
   * @param {() => LineRows} parts.document the present one
   * @param {(row: number) => void} parts.choose
   */
  constructor({ viewport, follow, document, choose }) {
    this.#viewport = viewport;
    this.#follow = follow;
    this.#document = document;
    this.#choose = choose;
  }

  /** @param {number} lines */
  byLines(lines) {
    this.#viewport.moveBy(lines * this.#viewport.rowHeight);
  }

  /** A line of the page before stays in view. @param {number} linesClient */
  byPages(linesClient) {
    this.byLines(linesClient * Math.max(1, this.#viewport.rowsInView - 1));
  }

  /** @param {-1 | 1} direction */
  sideways(direction) {
    this.#viewport.moveSideways(direction * SIDEWAYS_PX);
  }

  toStart() {
    this.#follow.leave();
    this.#viewport.moveTo(0);
  }

  toEnd() {
    this.#follow.join();
    this.#viewport.toEnd();
  }

  /** @param {Target} target */
  to(target) {
    if (target.kind === "start") return this.toStart();
    if (target.kind === "end") return this.toEnd();
    this.#follow.leave();
    if (target.kind === "relative") return this.byLines(target.lines);
    const { total } = this.#document();
    const row = target.kind === "line" ? this.#document().rowOfLine(target.line) : (total * target.percent) / 100;
    const whole = Math.min(Math.floor(row), total - 1);
    this.#choose(whole);
    this.#viewport.moveTo(whole, target.kind === "line" ? CONTEXT_ROWS : 0);
  }

  /** To a row that was asked for; what is in view stays where it is. @param {number} row */
  show(row) {
    if (this.#follow.following.value) return;
    this.#choose(row);
    const { firstWhole, bottom } = this.#viewport;
    if (row < firstWhole || row > bottom - 2) this.#viewport.moveTo(row, CONTEXT_ROWS);
  }
}
