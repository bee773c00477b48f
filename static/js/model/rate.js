/** Lines a second out of a running total, over the last few seconds. */

const SPAN_MS = 3_000;

export class Rate {
  /** @type {{total: number, at: number}[]} */
  #samples = [];

  /**
   * @param {number} total
   * @param {number} at milliseconds on any steady clock
   * @returns {number | null} lines a second; null until a second sample, so the lines that a stream begins with do not count
   */
  sample(total, at) {
    const last = this.#samples.at(-1);
    // A smaller total is a new count.
    if (last && total < last.total) this.#samples = [];
    if (total === 0) return null;
    this.#samples.push({ total, at });
    while (this.#samples.length > 2 && this.#samples[1].at <= at - SPAN_MS) this.#samples.shift();
    const first = this.#samples[0];
    return at > first.at ? ((total - first.total) * 1000) / (at - first.at) : null;
  }
}
