/** What one pane of the page follows, through the stream that all tabs share. */

import { Signal } from "../lib/signal.js";
import { openPort } from "./worker-port.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./messages.js").ToTab} ToTab */
/** @typedef {import("./worker-port.js").Ears} Ears */
/** @typedef {import("./worker-port.js").Port} Port */
/**
 * @typedef {object} Options
 * @property {string} endpoint the stream's URL without its query string
 * @property {(event: StreamEvent) => void} deliver gets each event once and in order
 * @property {() => void} [restart] all that was delivered will come again, as far as it is still among the last lines:
 *   what is shown has to go. Called when a page comes back after the worker gave it up, or a cursor is of no use.
 * @property {(endpoint: string, ears: Ears) => Port} [open]
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
  #choice = 0;
  #hidden = false;
  #held = "";
  #letGo = () => {};

  /** @param {Options} options */
  constructor({ endpoint, deliver, restart = () => {}, open = openPort }) {
    this.#deliver = deliver;
    this.#restart = restart;
    this.#port = open(new URL(endpoint, globalThis.location?.href).href, {
      heard: (message) => this.#heard(message),
      lost: () => this.#introduce(),
      failed: () => this.#connection.set({ name: "refused", detail: NO_WORKER }),
    });
    this.#hold();
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
    this.#choice += 1;
    this.#port.post({ type: "follow", choice: this.#choice, sources: this.#sources, filter });
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
    this.#choice += 1;
    this.#port.post({ type: "close" });
    this.#port.close();
    this.#letGo();
  }

  /** To a worker that does not know this channel. */
  #introduce() {
    if (this.#held) this.#port.post({ type: "held", lock: this.#held });
    this.setHidden(this.#hidden);
    if (this.#sources.length > 0) this.follow(this.#sources, this.#filter);
  }

  /** For the worker to see that this page is gone, whatever became of it. */
  #hold() {
    // Only over HTTPS or on this machine.
    const { locks } = globalThis.navigator ?? {};
    const lock = `logviewer ${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
    void locks?.request(lock, () => {
      this.#held = lock;
      this.#port.post({ type: "held", lock });
      return new Promise((resolve) => (this.#letGo = () => resolve(undefined)));
    });
  }

  /** @param {ToTab} message */
  #heard(message) {
    if (message.type === "hello" || message.choice !== this.#choice) return;
    switch (message.type) {
      case "events":
        return this.#take(message.events, message.size);
      case "connection":
        return this.#connection.set(message.connection);
      case "anew":
        this.#restart();
        // Who restarts by following has done it already.
        if (message.choice === this.#choice) this.follow(this.#sources, this.#filter);
    }
  }

  /**
   * @param {readonly StreamEvent[]} events
   * @param {number} size
   */
  #take(events, size) {
    const choice = this.#choice;
    for (const event of events) if (choice === this.#choice) this.#deliver(event);
    this.#port.post({ type: "taken", choice, size });
  }
}
