/** The stream of one pane, through the worker that all tabs share. */

import { Signal } from "../lib/signal.js";
import { openPort } from "./worker-port.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./messages.js").ToTab} ToTab */
/** @typedef {import("./worker-port.js").Listener} Listener */
/** @typedef {import("./worker-port.js").Port} Port */
/**
 * @typedef {object} ChannelOptions
 * @property {string} endpoint URL of the stream without its query string
 * @property {(event: StreamEvent) => void} deliver called with each event once and in order
 * @property {() => void} [restart] called when events start again from the last lines, so the
 *   displayed lines must be cleared. This happens when a page returns after the worker removed it, or when the server
 *   rejects a cursor.
 * @property {(endpoint: string, listener: Listener) => Port} [open]
 */

const NO_WORKER = "This browser could not start the page's worker. Use a current browser.";

export class Channel {
  #deliver;
  #restart;
  #port;
  /** @type {Signal<Connection>} */
  #connection = new Signal(/** @type {Connection} */ ({ name: "idle" }));
  /** @type {readonly string[]} */
  #sources = [];
  #filter = "";
  #subscription = 0;
  #hidden = false;
  #lock = "";
  #releaseLock = () => {};

  /** @param {ChannelOptions} options */
  constructor({ endpoint, deliver, restart = () => {}, open = openPort }) {
    this.#deliver = deliver;
    this.#restart = restart;
    this.#port = open(new URL(endpoint, globalThis.location?.href).href, {
      received: (message) => this.#received(message),
      replaced: () => this.#register(),
      failed: () => this.#connection.set({ name: "refused", detail: NO_WORKER }),
    });
    this.#holdLock();
  }

  /** @returns {import("../lib/signal.js").Readable<Connection>} */
  get connection() {
    return this.#connection;
  }

  /**
   * Follow these sources from their last lines on; without sources, follow nothing. No event of an earlier call is delivered
   * any more.
   * @param {readonly string[]} sources
   * @param {string} [filter] parameters of the view; empty for all lines
   */
  follow(sources, filter = "") {
    this.#sources = [...sources];
    this.#filter = filter;
    this.#subscription += 1;
    this.#port.post({ type: "follow", subscription: this.#subscription, sources: this.#sources, filter });
    this.#connection.set({ name: sources.length === 0 ? "idle" : "connecting" });
  }

  /** Retry at once if an attempt is scheduled. */
  retryNow() {
    this.#port.post({ type: "retry" });
  }

  /**
   * After all tabs were hidden for some minutes, the worker stops the stream until one is visible.
   * @param {boolean} hidden
   */
  setHidden(hidden) {
    this.#hidden = hidden;
    this.#port.post({ type: "hidden", hidden });
  }

  /** The page entered the back/forward cache and may never return. */
  suspend() {
    this.#port.post({ type: "leave" });
  }

  /** The page returned from the back/forward cache. */
  resume() {
    this.#port.post({ type: "return" });
  }

  /** Close the channel for good. */
  close() {
    this.#subscription += 1;
    this.#port.post({ type: "close" });
    this.#port.close();
    this.#releaseLock();
  }

  /** Register with a worker that does not know this channel. */
  #register() {
    if (this.#lock) this.#port.post({ type: "lock", lock: this.#lock });
    this.setHidden(this.#hidden);
    if (this.#sources.length > 0) this.follow(this.#sources, this.#filter);
  }

  /** Hold a Web Lock until this page ends, so that the worker notices the end in any case. */
  #holdLock() {
    // Web Locks need HTTPS or localhost.
    const { locks } = globalThis.navigator ?? {};
    const lock = `logviewer ${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
    void locks?.request(lock, () => {
      this.#lock = lock;
      this.#port.post({ type: "lock", lock });
      return new Promise((resolve) => (this.#releaseLock = () => resolve(undefined)));
    });
  }

  /** @param {ToTab} message */
  #received(message) {
    if (message.type === "hello" || message.subscription !== this.#subscription) return;
    switch (message.type) {
      case "events":
        return this.#deliverAll(message.events, message.size);
      case "connection":
        return this.#connection.set(message.connection);
      case "reset":
        this.#restart();
        // `restart` may have called `follow` already.
        if (message.subscription === this.#subscription) this.follow(this.#sources, this.#filter);
    }
  }

  /**
   * @param {readonly StreamEvent[]} events
   * @param {number} size
   */
  #deliverAll(events, size) {
    const subscription = this.#subscription;
    for (const event of events) if (subscription === this.#subscription) this.#deliver(event);
    this.#port.post({ type: "ack", subscription, size });
  }
}
