/** A seeded random number generator. */

/** @param {number} seed */
export function random(seed) {
  let state = seed * 2_654_435_769;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return { next, below: (/** @type {number} */ limit) => Math.floor(next() * limit) };
}
