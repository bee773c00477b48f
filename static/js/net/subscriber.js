/** A channel as seen by the stream worker: its sources, the last event sent, and the amount not yet acknowledged. */

import { CONNECTING } from "../model/connection.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./messages.js").ToTab} ToTab */
/** @typedef {import("./event-buffer.js").BufferedEvent} BufferedEvent */

// Limit of unacknowledged characters; above it nothing is sent.
const MAX_UNACKNOWLEDGED = 1_000_000;

export class Subscriber {
  #post;
  #subscription = 0;
  #seq = 0;
  #unacknowledged = 0;
  #endPending = false;
  /** Lines dropped before they could be sent, by source; NaN if unknown. @type {Map<string, number>} */
  #skipped = new Map();
  /** @type {Connection} */
  #lastConnection = CONNECTING;
  /** @type {ReadonlySet<string>} */
  sources = new Set();
  /** Final connection state of this channel, if it ended separately from the stream. @type {Connection | null} */
  finalConnection = null;
  hidden = false;
  /** The tab is in the back/forward cache, or gone. */
  away = false;
  /** The events sent so far cannot be continued. */
  stale = false;
  /** Backpressure no longer waits for this subscriber. */
  late = false;

  /** @param {(message: ToTab) => void} post */
  constructor(post) {
    this.#post = post;
  }

  /** Sequence number of the last event sent or skipped. */
  get seq() {
    return this.#seq;
  }

  get lastConnection() {
    return this.#lastConnection;
  }

  /** Whether the stream has to deliver events to this subscriber. */
  get isActive() {
    return this.finalConnection === null && this.sources.size > 0;
  }

  get canReceive() {
    if (this.away || this.stale) return false;
    return this.#endPending || (this.finalConnection === null && this.#unacknowledged < MAX_UNACKNOWLEDGED);
  }

  /**
   * @param {number} subscription
   * @param {readonly string[]} sources
   */
  subscribe(subscription, sources) {
    this.#subscription = subscription;
    this.sources = new Set(sources);
    this.finalConnection = null;
    this.stale = this.late = this.#endPending = false;
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

  /** @param {BufferedEvent} entry dropped from the buffer before it was sent */
  skip({ seq, event, lines }) {
    if (seq <= this.#seq || lines === 0 || !this.sources.has(event.source)) return;
    this.#skipped.set(event.source, (this.#skipped.get(event.source) ?? 0) + lines);
  }

  /** Send an end event after the last event, regardless of unacknowledged events. */
  end() {
    this.finalConnection = { name: "ended" };
    this.#endPending = true;
  }

  /**
   * @param {readonly BufferedEvent[]} entries all events after `seq`, in order
   * @param {number} seq sequence number of the newest event
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
    const pending = this.#endPending;
    this.#endPending = false;
    return pending ? [{ kind: "end", reason: "complete" }] : [];
  }

  /** @param {Connection} connection */
  setConnection(connection) {
    if (connection === this.#lastConnection) return;
    this.#lastConnection = connection;
    this.#post({ type: "connection", subscription: this.#subscription, connection });
  }

  /** Ask the tab to follow again; an absent tab is asked when it returns. */
  reset() {
    this.stale = true;
    if (!this.away) this.#post({ type: "reset", subscription: this.#subscription });
  }
}
