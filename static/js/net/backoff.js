/** Reconnect delays: exponential with an upper limit and full jitter, so that pages do not reconnect all at once. */

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
// Full jitter can yield zero, which would be a busy loop.
const SHORTEST_MS = 250;

/**
 * @param {number} attempt number of failed attempts, from 0
 * @param {() => number} [random] in [0, 1)
 * @returns {number} milliseconds
 */
export function backoffDelay(attempt, random = Math.random) {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 30));
  return Math.max(SHORTEST_MS, Math.floor(random() * ceiling));
}
