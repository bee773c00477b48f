/** Lines per second over the last few seconds, from a running total. */

const SPAN_MS = 3_000;

export class LineRate {
  /** @type {{total: number, at: number}[]} */
  #samples = [];

  /**
   * @param {number} total
   * @param {number} at milliseconds of a monotonic clock
   * @returns {number | null} lines per second; null before the second sample, because a stream starts with older lines
   */
  sample(total, at) {
    if (total === 0) return null;
    this.#samples.push({ total, at });
    while (this.#samples.length > 2 && this.#samples[1].at <= at - SPAN_MS) this.#samples.shift();
    const first = this.#samples[0];
    return at > first.at ? ((total - first.total) * 1000) / (at - first.at) : null;
  }

  /** Start again with a new total. */
  reset() {
    this.#samples = [];
  }
}
