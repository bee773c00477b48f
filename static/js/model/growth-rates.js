/** How fast files grow: bytes a second from one look at their sizes to the next. */

/** @typedef {{id: string, size: number | null}} SizedSource */
/** @typedef {{size: number, at: number, rate: number | null}} Sample */

// Two looks that lie close together tell more of the looks than of the file.
const MIN_INTERVAL_MS = 2_000;

export class GrowthRates {
  /** @type {Map<string, Sample>} */
  #samples = new Map();

  /**
   * @param {readonly SizedSource[]} sources all that there are
   * @param {number} at milliseconds on any steady clock
   */
  sample(sources, at) {
    /** @type {Map<string, Sample>} */
    const samples = new Map();
    for (const { id, size } of sources) if (size !== null) samples.set(id, sampleAfter(this.#samples.get(id), size, at));
    this.#samples = samples;
  }

  /**
   * @param {string} id
   * @returns {number | null} bytes a second; null while unknown, as after the file became smaller
   */
  rate(id) {
    return this.#samples.get(id)?.rate ?? null;
  }
}

/**
 * @param {Sample | undefined} before
 * @param {number} size
 * @param {number} at
 * @returns {Sample}
 */
function sampleAfter(before, size, at) {
  if (!before || size < before.size) return { size, at, rate: null };
  if (at - before.at < MIN_INTERVAL_MS) return before;
  return { size, at, rate: ((size - before.size) * 1000) / (at - before.at) };
}
