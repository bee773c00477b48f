/** No more is read from the network than the tabs can take. */

/** @typedef {import("./subscriber.js").Subscriber} Subscriber */

// Tabs that are about as quick as each other lose nothing to each other; one that hangs holds nobody up.
const MAX_WAIT_MS = 200;

export class Backpressure {
  #subscribers;
  /** @type {(() => void) | null} */
  #resume = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {ReadonlyMap<Subscriber, unknown>} subscribers all that there are at any time */
  constructor(subscribers) {
    this.#subscribers = subscribers;
  }

  /** @returns {Promise<void> | undefined} done when more can be taken; undefined if it can at once */
  wait() {
    if (this.#isReady()) return;
    this.#timer = setTimeout(() => this.#giveUp(), MAX_WAIT_MS);
    return new Promise((resolve) => (this.#resume = resolve));
  }

  /** To be called whenever a follower took something, came or went. */
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
    const awaited = present.filter(({ late }) => !late);
    return present.length === 0 || (awaited.every(({ canReceive }) => canReceive) && present.some(({ canReceive }) => canReceive));
  }
}
