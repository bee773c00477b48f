/** The server's clock. The clock of the browser's machine may be wrong, so only its differences are used. */

export class ServerClock {
  #renderedAt;
  #wall = Date.now();
  #monotonic = performance.now();

  /**
   * @param {number} renderedAt server time at which the page was rendered, in epoch milliseconds
   * @param {number} [age] milliseconds since then
   */
  constructor(renderedAt, age = 0) {
    this.#renderedAt = renderedAt + age;
  }

  /** The server's time, in epoch milliseconds. */
  now() {
    // performance.now() may stand still while the machine sleeps, and Date.now() may be set back.
    const elapsed = Math.max(performance.now() - this.#monotonic, Date.now() - this.#wall);
    return Math.round(this.#renderedAt + elapsed);
  }
}
