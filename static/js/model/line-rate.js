/** Lines a second out of a running total, over the last few seconds. */

const SPAN_MS = 3_000;

export class LineRate {
  /** @type {{total: number, at: number}[]} */
  #samples = [];

  /**
   * @param {number} total
   * @param {number} at milliseconds on any steady clock
   * @returns {number | null} lines a second; null until a second sample, as a stream begins with older lines
   */
  sample(total, at) {
    if (total === 0) return null;
    this.#samples.push({ total, at });
    while (this.#samples.length > 2 && this.#samples[1].at <= at - SPAN_MS) this.#samples.shift();
    const first = this.#samples[0];
    return at > first.at ? ((total - first.total) * 1000) / (at - first.at) : null;
  }

  /** The total begins anew. */
  reset() {
    this.#samples = [];
  }
}
