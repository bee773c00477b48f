/**
 * Whether the list follows the end, and whether it is paused: two explicit states with one writer. Leaving the end by
 * wheel, key, finger or scrollbar stops following; only a command starts it again.
 */

import { Signal } from "../lib/signal.js";

/** @typedef {import("../lib/signal.js").Readable<boolean>} Flag */

const LEAVING_KEYS = new Set(["PageUp", "ArrowUp", "Home"]);
// Less than a row: rounding and overscroll are no wish to leave.
const SLACK_PX = 12;

export class Follow {
  #viewport;
  #scroller;
  #following = new Signal(true);
  #paused = new Signal(false);
  #held = new Signal(false);
  #lastTop = 0;

  /**
   * @param {HTMLElement} viewport
   * @param {import("./scroller.js").Scroller} scroller
   */
  constructor(viewport, scroller) {
    this.#viewport = viewport;
    this.#scroller = scroller;
    this.#watchLeaving();
    this.#watchHolding();
  }

  /** @returns {Flag} */
  get following() {
    return this.#following;
  }

  /** @returns {Flag} */
  get paused() {
    return this.#paused;
  }

  /** While a button or finger is down nothing may move under it. @returns {Flag} */
  get held() {
    return this.#held;
  }

  toggle() {
    if (this.#following.value && !this.#paused.value) this.leave();
    else this.join();
  }

  /** To the end, and on with it. */
  join() {
    this.#following.set(true);
    this.#paused.set(false);
  }

  leave() {
    this.#following.set(false);
  }

  togglePause() {
    this.#paused.set(!this.#paused.value);
  }

  #watchLeaving() {
    const view = this.#viewport;
    view.addEventListener("wheel", (event) => event.deltaY < 0 && !event.ctrlKey && this.#leaveIfScrolls(), {
      passive: true,
    });
    view.addEventListener("keydown", (event) => {
      if (LEAVING_KEYS.has(event.key) || (event.key === " " && event.shiftKey)) this.#leaveIfScrolls();
    });
    view.addEventListener("scroll", () => this.#scrolled(), { passive: true });
  }

  #leaveIfScrolls() {
    if (this.#viewport.scrollHeight > this.#viewport.clientHeight) this.leave();
  }

  #scrolled() {
    const { scrollTop } = this.#viewport;
    const upwards = scrollTop < this.#lastTop;
    this.#lastTop = scrollTop;
    if (upwards && !this.#scroller.isWherePut && this.#scroller.distanceToEnd > SLACK_PX) this.leave();
  }

  #watchHolding() {
    const hold = () => this.#held.set(true);
    const release = () => this.#held.set(false);
    this.#viewport.addEventListener("pointerdown", (event) => event.pointerType === "mouse" && hold());
    this.#viewport.addEventListener("touchstart", hold, { passive: true });
    for (const name of ["pointerup", "touchend", "touchcancel", "blur"]) window.addEventListener(name, release);
    // Some browsers report no pointerup after a drag of the scrollbar.
    window.addEventListener("pointermove", (event) => event.buttons === 0 && this.#held.value && release());
  }
}
