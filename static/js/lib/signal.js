/**
 * A value that notifies subscribers of changes. The owner holds the `Signal`; other modules get a `Readable`.
 */

/**
 * @template T
 * @typedef {object} Readable
 * @property {T} value
 * @property {(listener: (value: T) => void) => () => void} subscribe calls the listener with the current
 *   value and after every change; returns a function that unsubscribes
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
 * Call `act` with the first wanted value, which may be the current one, and never again.
 * @template T
 * @param {Readable<T>} readable
 * @param {(value: T) => boolean} isWanted
 * @param {(value: T) => void} act
 */
export function once(readable, isWanted, act) {
  /** @type {(() => void) | undefined} */
  let stop;
  let done = false;
  stop = readable.subscribe((value) => {
    if (done || !isWanted(value)) return;
    done = true;
    stop?.();
    act(value);
  });
  if (done) stop();
}
