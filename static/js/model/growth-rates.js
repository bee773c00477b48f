/** Growth rates of files in bytes per second, from two samples of their sizes. */

/** @typedef {{id: string, size: number | null}} SizedSource */
/** @typedef {{size: number, time: number, rate: number | null}} Sample */

// A shorter interval measures the polling rather than the file.
const MIN_INTERVAL_MS = 2_000;

export class GrowthRates {
  /** @type {Map<string, Sample>} */
  #samples = new Map();

  /**
   * @param {readonly SizedSource[]} sources all known sources
   * @param {number} time milliseconds of a monotonic clock
   */
  sample(sources, time) {
    /** @type {Map<string, Sample>} */
    const samples = new Map();
    for (const { id, size } of sources) {
      if (size !== null) samples.set(id, sampleAfter(this.#samples.get(id), size, time));
    }
    this.#samples = samples;
  }

  /**
   * @param {string} id
   * @returns {number | null} bytes per second; null while unknown, also after the file shrank
   */
  rate(id) {
    return this.#samples.get(id)?.rate ?? null;
  }
}

/**
 * @param {Sample | undefined} before
 * @param {number} size
 * @param {number} time
 * @returns {Sample}
 */
function sampleAfter(before, size, time) {
  if (!before || size < before.size) return { size, time, rate: null };
  if (time - before.time < MIN_INTERVAL_MS) return before;
  return { size, time, rate: ((size - before.size) * 1000) / (time - before.time) };
}
