/**
 * One value and those who want to know when it changes. Who holds the Signal writes; readers get `Readable`.
 */

/**
 * @template T
 * @typedef {object} Readable
 * @property {T} value
 * @property {(listener: (value: T) => void) => () => void} subscribe tells the present value
 *   and every change; returns the way out
 */

/**
 * @template T
 * @implements {Readable<T>}
 */
export class Signal {
  #value;
  /** @type {Set<(value: T) => void>} */
  #listeners = new Set();

  /** @param {T} value */
  constructor(value) {
    this.#value = value;
  }

  get value() {
    return this.#value;
  }

  /** @param {T} value */
  set(value) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of [...this.#listeners]) listener(value);
  }

  /** @param {(value: T) => void} listener */
  subscribe(listener) {
    this.#listeners.add(listener);
    listener(this.#value);
    return () => void this.#listeners.delete(listener);
  }
}

/**
 * Acts on the first value that is wanted, which may be the present one, and never again.
 * @template T
 * @param {Readable<T>} readableColor
 * @param {(value: T) => boolean} isWanted
 * @param {(value: T) => void} act
 */
export function once(readableColor, isWanted, act) {
  /** @type {(() => void) | undefined} */
  let stop;
  let done = false;
  stop = readableColor.subscribe((value) => {
    if (done || !isWanted(value)) return;
    done = true;
    stop?.();
    act(value);
  });
  if (done) stop();
}
