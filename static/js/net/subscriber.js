/** One channel as the stream worker sees it: what it wants, what it has, and how much is on its way to it. */

import { CONNECTING } from "../model/connection.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./messages.js").ToTab} ToTab */
/** @typedef {import("./event-buffer.js").BufferedEvent} BufferedEvent */

// A tab that is this much behind, in characters, gets no more until it has taken some.
const MAX_UNACKNOWLEDGED = 1_000_000;

export class Subscriber {
  #post;
  #subscription = 0;
  #seq = 0;
  #unacknowledged = 0;
  #owesEnd = false;
  /** Lines that went before it could take them; NaN if nobody knows how many. @type {Map<string, number>} */
  #skipped = new Map();
  /** @type {Connection} */
  #lastConnection = CONNECTING;
  /** @type {ReadonlySet<string>} */
  sources = new Set();
  /** How it ended for this channel alone. @type {Connection | null} */
  verdict = null;
  hidden = false;
  /** Its tab is put away, or gone. */
  away = false;
  /** What it has can no longer be continued. */
  stale = false;
  /** The others waited for it long enough. */
  late = false;

  /** @param {(message: ToTab) => void} post */
  constructor(post) {
    this.#post = post;
  }

  /** The last event that it has, or has missed. */
  get seq() {
    return this.#seq;
  }

  get lastConnection() {
    return this.#lastConnection;
  }

  /** Whether the stream has to bring anything for it. */
  get isActive() {
    return this.verdict === null && this.sources.size > 0;
  }

  get canReceive() {
    if (this.away || this.stale) return false;
    return this.#owesEnd || (this.verdict === null && this.#unacknowledged < MAX_UNACKNOWLEDGED);
  }

  /**
   * @param {number} subscription
   * @param {readonly string[]} sources
   */
  subscribe(subscription, sources) {
    this.#subscription = subscription;
    this.sources = new Set(sources);
    this.verdict = null;
    this.stale = this.late = this.#owesEnd = false;
    this.#seq = this.#unacknowledged = 0;
    this.#skipped.clear();
    this.#lastConnection = CONNECTING;
  }

  /**
   * @param {number} subscription
   * @param {number} size
   */
  ack(subscription, size) {
    this.late = false;
    if (subscription === this.#subscription) this.#unacknowledged = Math.max(0, this.#unacknowledged - size);
  }

  /** @param {BufferedEvent} entry one that goes, and that no tab can be given any more */
  skip({ seq, event, lines }) {
    if (seq <= this.#seq || lines === 0 || !this.sources.has(event.source)) return;
    this.#skipped.set(event.source, (this.#skipped.get(event.source) ?? 0) + lines);
  }

  /** After its last event comes the end, even if much is under way. */
  end() {
    this.verdict = { name: "ended" };
    this.#owesEnd = true;
  }

  /**
   * @param {readonly BufferedEvent[]} entries all after `seq`, in order
   * @param {number} seq the newest that there is
   */
  send(entries, seq) {
    this.#seq = seq;
    const events = [...this.#takeGaps(), ...entries.map(({ event }) => event), ...this.#takeEnd()];
    if (events.length === 0) return;
    const size = entries.reduce((sum, entry) => sum + entry.size, 0);
    this.#unacknowledged += size;
    this.#post({ type: "events", subscription: this.#subscription, events, size });
  }

  /** @returns {StreamEvent[]} */
  #takeGaps() {
    const skipped = [...this.#skipped];
    this.#skipped.clear();
    return skipped.map(([source, lines]) => {
      return { kind: "gap", source, reason: "skipped", lines: Number.isNaN(lines) ? null : lines };
    });
  }

  /** @returns {StreamEvent[]} */
  #takeEnd() {
    const owed = this.#owesEnd;
    this.#owesEnd = false;
    return owed ? [{ kind: "end", reason: "complete" }] : [];
  }

  /** @param {Connection} connection */
  setConnection(connection) {
    if (connection === this.#lastConnection) return;
    this.#lastConnection = connection;
    this.#post({ type: "connection", subscription: this.#subscription, connection });
  }

  /** Its events have to begin anew; one that is away hears of it when it returns. */
  reset() {
    this.stale = true;
    if (!this.away) this.#post({ type: "reset", subscription: this.#subscription });
  }
}
