/** Announces the latest state to screen readers, politely and at most every five seconds. */

const EVERY_MS = 5_000;

export class Announcer {
  #region;
  #next = "";
  #last = "";
  #waiting = false;

  /** @param {HTMLElement} region with role="status" */
  constructor(region) {
    this.#region = region;
  }

  /** @param {string} message */
  announce(message) {
    this.#next = message;
    if (!this.#waiting) this.#speak();
  }

  #speak() {
    this.#waiting = false;
    if (this.#next === this.#last) return;
    this.#last = this.#next;
    this.#region.textContent = this.#next;
    this.#waiting = true;
    setTimeout(() => this.#speak(), EVERY_MS);
  }
}
