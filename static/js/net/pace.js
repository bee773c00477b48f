/** No more is read from the network than the tabs can take. */

/** @typedef {import("./follower.js").Follower} Follower */

// Tabs that are about as quick as each other lose nothing to each other; one that hangs holds nobody up.
const PATIENCE_MS = 200;

export class Pace {
  #followers;
  /** @type {(() => void) | null} */
  #proceed = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {ReadonlyMap<Follower, unknown>} followers all that there are at any time */
  constructor(followers) {
    this.#followers = followers;
  }

  /** @returns {Promise<void> | undefined} done when more can be taken; undefined if it can at once */
  wait() {
    if (this.#isReady()) return;
    this.#timer = setTimeout(() => this.#lose(), PATIENCE_MS);
    return new Promise((resolve) => (this.#proceed = resolve));
  }

  /** To be called whenever a follower took something, came or went. */
  check() {
    if (!this.#proceed || !this.#isReady()) return;
    clearTimeout(this.#timer);
    this.#proceed();
    this.#proceed = null;
  }

  #lose() {
    for (const follower of this.#followers.keys()) follower.late = !follower.canTake;
    this.check();
  }

  #isReady() {
    const present = [...this.#followers.keys()].filter((follower) => follower.wants && !follower.away);
    const awaited = present.filter(({ late }) => !late);
    return present.length === 0 || (awaited.every(({ canTake }) => canTake) && present.some(({ canTake }) => canTake));
  }
}
