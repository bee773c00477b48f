/**
 * Whether the list follows the end and whether it is paused. Leaving the end by wheel, key, touch or scrollbar stops
 * following; only a command starts it again.
 */

import { Signal } from "../lib/signal.js";

/** @typedef {import("../lib/signal.js").Readable<boolean>} Flag */

export class FollowState {
  #following = new Signal(true);
  #paused = new Signal(false);
  #held = new Signal(false);

  /** @param {HTMLElement} log */
  constructor(log) {
    log.addEventListener("wheel", (event) => event.deltaY < 0 && !event.ctrlKey && this.#leaveIfScrolls(log), {
      passive: true,
    });
    this.#watchHolding(log);
  }

  /** @returns {Flag} */
  get following() {
    return this.#following;
  }

  /** @returns {Flag} */
  get paused() {
    return this.#paused;
  }

  /** Whether a button or finger is down. Nothing may move under it. @returns {Flag} */
  get held() {
    return this.#held;
  }

  toggle() {
    if (this.#following.value && !this.#paused.value) this.leave();
    else this.join();
  }

  /** Go to the end and follow it. */
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

  /** @param {HTMLElement} log */
  #leaveIfScrolls(log) {
    if (log.scrollHeight > log.clientHeight) this.leave();
  }

  /** @param {HTMLElement} log */
  #watchHolding(log) {
    const hold = () => this.#held.set(true);
    const release = () => this.#held.set(false);
    log.addEventListener("pointerdown", (event) => event.pointerType === "mouse" && hold());
    log.addEventListener("touchstart", hold, { passive: true });
    for (const name of ["pointerup", "touchend", "touchcancel", "blur"]) window.addEventListener(name, release);
    // Some browsers send no pointerup after a drag of the scrollbar.
    window.addEventListener("pointermove", (event) => event.buttons === 0 && this.#held.value && release());
  }
}
