/** Navigation in a document: by lines and pages, to both ends, to a line or percentage. */

/** @typedef {import("../model/go-to.js").Target} Target */
/** @typedef {{total: number, rowOfLine: (line: number) => number}} LineRows */

const SIDEWAYS_PX = 80;
// Rows shown above the target.
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
   * @param {() => LineRows} parts.document the current document
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

  /** Move by pages; one line of the previous page stays in view. @param {number} pages */
  byPages(pages) {
    this.byLines(pages * Math.max(1, this.#viewport.rowsInView - 1));
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
    const index = Math.min(Math.floor(row), total - 1);
    this.#choose(index);
    this.#viewport.moveTo(index, target.kind === "line" ? CONTEXT_ROWS : 0);
  }

  /** Scroll to a requested row unless it is already in view. @param {number} row */
  show(row) {
    if (this.#follow.following.value) return;
    this.#choose(row);
    const { firstWhole, bottom } = this.#viewport;
    if (row < firstWhole || row > bottom - 2) this.#viewport.moveTo(row, CONTEXT_ROWS);
  }
}
