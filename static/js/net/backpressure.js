/** Stops reading from the network while tabs cannot receive more. */

/** @typedef {import("./subscriber.js").Subscriber} Subscriber */

// Long enough that tabs of similar speed lose nothing, short enough that a hanging tab delays the others only
// briefly.
const MAX_WAIT_MS = 200;

export class Backpressure {
  #subscribers;
  /** @type {(() => void) | null} */
  #resume = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {ReadonlyMap<Subscriber, unknown>} subscribers the hub's current subscribers */
  constructor(subscribers) {
    this.#subscribers = subscribers;
  }

  /** @returns {Promise<void> | undefined} resolved when reading may continue; undefined if it may continue now */
  wait() {
    if (this.#isReady()) return;
    this.#timer = setTimeout(() => this.#giveUp(), MAX_WAIT_MS);
    return new Promise((resolve) => (this.#resume = resolve));
  }

  /** Call after a subscriber acknowledged events, joined or left. */
  check() {
    if (!this.#resume || !this.#isReady()) return;
    clearTimeout(this.#timer);
    this.#resume();
    this.#resume = null;
  }

  #giveUp() {
    for (const subscriber of this.#subscribers.keys()) subscriber.late = !subscriber.canReceive;
    this.check();
  }

  #isReady() {
    const present = [...this.#subscribers.keys()].filter((subscriber) => subscriber.isActive && !subscriber.away);
    if (present.length === 0) return true;
    const awaited = present.filter(({ late }) => !late);
    return awaited.every(({ canReceive }) => canReceive) && present.some(({ canReceive }) => canReceive);
  }
}
