/** How fast files grow: bytes a second from one look at their sizes to the next. */

/** @typedef {{id: string, size: number | null}} Sized */
/** @typedef {{size: number, at: number, rate: number | null}} Seen */

// Two looks that lie close together tell more of the looks than of the file.
const LEAST_MS = 2_000;

export class Activity {
  /** @type {Map<string, Seen>} */
  #seen = new Map();

  /**
   * @param {readonly Sized[]} sources all that there are
   * @param {number} at milliseconds on any steady clock
   */
  sample(sources, at) {
    /** @type {Map<string, Seen>} */
    const seen = new Map();
    for (const { id, size } of sources) if (size !== null) seen.set(id, look(this.#seen.get(id), size, at));
    this.#seen = seen;
  }

  /**
   * @param {string} id
   * @returns {number | null} bytes a second; null while unknown, as after the file became smaller
   */
  rate(id) {
    return this.#seen.get(id)?.rate ?? null;
  }
}

/**
 * @param {Seen | undefined} before
 * @param {number} size
 * @param {number} at
 * @returns {Seen}
 */
function look(before, size, at) {
  if (!before || size < before.size) return { size, at, rate: null };
  if (at - before.at < LEAST_MS) return before;
  return { size, at, rate: ((size - before.size) * 1000) / (at - before.at) };
}
