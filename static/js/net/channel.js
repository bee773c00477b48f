/** What one pane of the page follows, through the stream that all tabs share. */

import { Signal } from "../lib/signal.js";
import { openPort } from "./worker-port.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./messages.js").ToTab} ToTab */
/** @typedef {import("./worker-port.js").Listener} Listener */
/** @typedef {import("./worker-port.js").Port} Port */
/**
 * @typedef {object} ChannelOptions
 * @property {string} endpoint the stream's URL without its query string
 * @property {(event: StreamEvent) => void} deliver gets each event once and in order
 * @property {() => void} [restart] all that was delivered will come again, as far as it is still among the last lines:
 *   what is shown has to go. Called when a page comes back after the worker gave it up, or a cursor is of no use.
 * @property {(endpoint: string, listener: Listener) => Port} [open]
 */

const NO_WORKER = "This browser did not start the page's worker, which needs a version of the last few years.";

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
   * Begins anew with the last lines of these sources; with none it rests. Of what it followed before nothing comes
   * any more.
   * @param {readonly string[]} sources
   * @param {string} [filter] the server's parameters that say which lines; all without
   */
  follow(sources, filter = "") {
    this.#sources = [...sources];
    this.#filter = filter;
    this.#subscription += 1;
    this.#port.post({ type: "follow", subscription: this.#subscription, sources: this.#sources, filter });
    this.#connection.set({ name: sources.length === 0 ? "idle" : "connecting" });
  }

  /** Tries at once when it is waiting to try: the reader asked for it, or the network is back. */
  retryNow() {
    this.#port.post({ type: "retry" });
  }

  /**
   * When all tabs have been hidden for some minutes, the stream is let go until one is shown.
   * @param {boolean} hidden
   */
  setHidden(hidden) {
    this.#hidden = hidden;
    this.#port.post({ type: "hidden", hidden });
  }

  /** The page is put away, perhaps for ever. */
  suspend() {
    this.#port.post({ type: "leave" });
  }

  /** The page is back. */
  resume() {
    this.#port.post({ type: "return" });
  }

  /** For ever. */
  close() {
    this.#subscription += 1;
    this.#port.post({ type: "close" });
    this.#port.close();
    this.#releaseLock();
  }

  /** To a worker that does not know this channel. */
  #register() {
    if (this.#lock) this.#port.post({ type: "lock", lock: this.#lock });
    this.setHidden(this.#hidden);
    if (this.#sources.length > 0) this.follow(this.#sources, this.#filter);
  }

  /** For the worker to see that this page is gone, whatever became of it. */
  #holdLock() {
    // Only over HTTPS or on this machine.
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
        // Who restarts by following has done it already.
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
