/** Lines per second over the last few seconds, from a running total. */

const SPAN_MS = 3_000;

export class LineRate {
  /** @type {{total: number, time: number}[]} */
  #samples = [];

  /**
   * @param {number} total
   * @param {number} time milliseconds of a monotonic clock
   * @returns {number | null} lines per second; null before the second sample, because a stream starts with older lines
   */
  sample(total, time) {
    if (total === 0) return null;
    this.#samples.push({ total, time });
    while (this.#samples.length > 2 && this.#samples[1].time <= time - SPAN_MS) this.#samples.shift();
    const first = this.#samples[0];
    return time > first.time ? ((total - first.total) * 1000) / (time - first.time) : null;
  }

  /** Start again with a new total. */
  reset() {
    this.#samples = [];
  }
}
