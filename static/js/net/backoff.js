/** How long to wait before the next try: doubling, bounded, with full jitter so that pages come back one by one. */

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
// Zero is a legal throw of full jitter, and a busy loop.
const SHORTEST_MS = 250;

/**
 * @param {number} attempt how many tries failed before, from 0
 * @param {() => number} [random] in [0, 1)
 * @returns {number} milliseconds
 */
export function backoffDelay(attempt, random = Math.random) {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 30));
  return Math.max(SHORTEST_MS, Math.floor(random() * ceiling));
}
