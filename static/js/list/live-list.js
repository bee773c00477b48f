/**
 * From pending lines to rows, once per animation frame. Following: the newest are shown and the view stays at the end.
 * Reading: rows are added only as far as none is taken from under the reader. Paused or held: nothing moves.
 */

import { group } from "../lib/numbers.js";
import { Signal } from "../lib/signal.js";
import { linesIn } from "../model/rows.js";
import { makeRow } from "./rows.js";

/** @typedef {import("../model/feed.js").Feed} Feed */
/** @typedef {import("../model/rows.js").Row} Row */
/** @typedef {import("./follow.js").Follow} Follow */
/** @typedef {import("./scroller.js").Scroller} Scroller */

/** @type {import("../model/pending.js").Bound} */
export const FOLLOWING_BOUND = { lines: 5_000, characters: 8_000_000 };
/** @type {import("../model/pending.js").Bound} */
const WAITING_BOUND = { lines: 50_000, characters: 32_000_000 };
// Some screens full: more in one frame is work that nobody sees, and costs the frame.
const ROWS_PER_FRAME = 250;

export class LiveList {
  #feed;
  #scroller;
  #follow;
  #sources;
  #frame = 0;
  #seen = 0;
  #unseen = new Signal(0);
  #empty = new Signal(true);

  /** @param {{feed: Feed, scroller: Scroller, follow: Follow} & import("./rows.js").Sources} parts */
  constructor({ feed, scroller, follow, names, hues }) {
    this.#feed = feed;
    this.#scroller = scroller;
    this.#follow = follow;
    this.#sources = { names, hues };
    for (const state of [follow.following, follow.paused, follow.held]) state.subscribe(() => this.#changeMode());
  }

  /** Lines that came since the reader left the end. @returns {import("../lib/signal.js").Readable<number>} */
  get unseen() {
    return this.#unseen;
  }

  /** No line came yet. @returns {import("../lib/signal.js").Readable<boolean>} */
  get empty() {
    return this.#empty;
  }

  clear() {
    this.#scroller.clear();
    this.#seen = 0;
    this.#settle();
  }

  /** Call when something was put into the feed, or the view was moved or resized. */
  wake() {
    // A hidden page paints nothing; the feed bounds itself.
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  /** @param {() => void} change of the looks, which may change the height of rows */
  restyle(change) {
    this.#scroller.keepPlace(change);
    this.wake();
  }

  get #atRest() {
    return this.#follow.paused.value || this.#follow.held.value;
  }

  #changeMode() {
    const showsNewest = this.#follow.following.value && !this.#atRest;
    this.#feed.pending.setBound(showsNewest ? FOLLOWING_BOUND : WAITING_BOUND);
    this.wake();
  }

  #paint() {
    this.#frame = 0;
    if (!this.#atRest) {
      if (this.#follow.following.value) this.#showNewest();
      else this.#addBelow();
    }
    this.#settle();
  }

  #showNewest() {
    this.#append(ROWS_PER_FRAME);
    this.#scroller.trim();
    this.#scroller.toEnd();
    this.#seen = this.#feed.received;
    if (!this.#feed.pending.empty) this.wake();
  }

  #addBelow() {
    const room = Math.min(ROWS_PER_FRAME, this.#feed.pending.empty ? 0 : this.#scroller.room);
    if (room > 0) {
      this.#append(room);
      this.#scroller.trimAbove();
      this.wake();
    } else if (this.#feed.pending.empty && this.#scroller.distanceToEnd < 1) {
      this.#seen = this.#feed.received;
    }
  }

  /** @param {number} most */
  #append(most) {
    const rows = this.#feed.pending.take(most);
    this.#scroller.fitNumbers(group(rows.reduce((high, row) => Math.max(high, numberOf(row)), 0)).length);
    this.#scroller.append(
      rows.map((row) => ({ element: makeRow(row, this.#sources), lines: linesIn(row), size: sizeOf(row) })),
    );
  }

  #settle() {
    this.#unseen.set(this.#feed.received - this.#seen);
    this.#empty.set(this.#feed.received === 0);
  }
}

/** @param {Row} row */
function numberOf(row) {
  return row.kind === "line" ? (row.n ?? 0) : 0;
}

/** @param {Row} row */
function sizeOf(row) {
  return row.kind === "line" ? row.text.length : 0;
}
