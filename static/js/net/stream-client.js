/**
 * One stream at a time, kept alive: resumed by cursor with back-off after a loss, closed for good when it is complete.
 * A stream that was replaced can say nothing any more.
 */

import { Signal } from "../lib/signal.js";
import { isFinal } from "../model/connection.js";
import { EVENT_KINDS, parseEvent } from "../model/events.js";
import { streamQuery } from "../model/query.js";
import { backoffDelay } from "./backoff.js";
import { probe } from "./probe.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("../model/events.js").EventKind} EventKind */
/** @typedef {import("./probe.js").Answer} Answer */
/**
 * @typedef {object} Source as much of an EventSource as is used here
 * @property {number} readyState
 * @property {(type: string, listener: (event: Event) => void) => void} addEventListener
 * @property {() => void} close
 */
/**
 * @typedef {object} Surroundings what a test replaces
 * @property {(url: string) => Source} open
 * @property {(url: string) => Promise<Answer>} probe
 * @property {(attempt: number) => number} delay
 */

const CLOSED = 2;
const BACKFILL = 500;
// A stream that held this long was a good one; one that breaks at once must not be tried at full speed for ever.
const STEADY_MS = 5_000;

/** @type {Surroundings} */
const BROWSER = { open: (url) => new EventSource(url), probe, delay: backoffDelay };

export class StreamClient {
  #endpoint;
  #deliver;
  #surroundings;
  /** @type {Signal<Connection>} */
  #connection = new Signal(/** @type {Connection} */ ({ name: "idle" }));
  /** @type {readonly string[]} */
  #sources = [];
  /** @type {Source | null} */
  #source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #generation = 0;
  #cursor = "";
  #attempt = 0;
  #openedAt = Infinity;

  /**
   * @param {string} endpoint the stream's URL without its query string
   * @param {(event: StreamEvent) => void} deliver
   * @param {Surroundings} [surroundings]
   */
  constructor(endpoint, deliver, surroundings = BROWSER) {
    this.#endpoint = endpoint;
    this.#deliver = deliver;
    this.#surroundings = surroundings;
  }

  /** @returns {import("../lib/signal.js").Readable<Connection>} */
  get connection() {
    return this.#connection;
  }

  /**
   * Begins anew with the last lines of these sources; with none it rests.
   * @param {readonly string[]} sources
   */
  follow(sources) {
    this.#letGo();
    this.#sources = sources;
    this.#cursor = "";
    this.#attempt = 0;
    if (sources.length === 0) this.#connection.set({ name: "idle" });
    else this.#connect({ name: "connecting" });
  }

  /** Tries at once when it is waiting to try: the reader asked for it, or the network is back. */
  retryNow() {
    const { value } = this.#connection;
    if (!("at" in value) || value.at === null) return;
    this.#attempt = 0;
    this.#connect({ ...value, at: null });
  }

  /** Frees the connection of a page that is put away; `resume` goes on from the same cursor. */
  suspend() {
    this.#letGo();
  }

  resume() {
    if (!isFinal(this.#connection.value)) this.#connect({ name: "connecting" });
  }

  #letGo() {
    this.#generation += 1;
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
    this.#openedAt = Infinity;
  }

  #url() {
    return this.#endpoint + streamQuery(this.#sources, { cursor: this.#cursor, backfill: BACKFILL });
  }

  /** @param {Connection} connection what to show until it is open */
  #connect(connection) {
    this.#letGo();
    const generation = this.#generation;
    /** @param {(event: Event) => void} listener */
    const current = (listener) => (/** @type {Event} */ event) => {
      if (generation === this.#generation) listener(event);
    };
    const source = this.#surroundings.open(this.#url());
    this.#source = source;
    source.addEventListener(
      "open",
      current(() => this.#opened()),
    );
    source.addEventListener(
      "error",
      current(() => void this.#failed(source)),
    );
    for (const kind of EVENT_KINDS) {
      source.addEventListener(
        kind,
        current((event) => this.#received(kind, /** @type {MessageEvent<string>} */ (event))),
      );
    }
    this.#connection.set(connection);
  }

  #opened() {
    this.#openedAt = Date.now();
    this.#connection.set({ name: "live" });
  }

  /**
   * @param {EventKind} kind
   * @param {MessageEvent<string>} message
   */
  #received(kind, message) {
    this.#cursor = message.lastEventId || this.#cursor;
    const event = parseEvent(kind, message.data);
    if (event.kind === "end") this.#ended(event.reason);
    this.#deliver(event);
  }

  /** @param {"complete" | "shutdown"} reason */
  #ended(reason) {
    if (reason === "shutdown") {
      this.#retry("server-ended");
    } else {
      this.#letGo();
      this.#connection.set({ name: "ended" });
    }
  }

  /** @param {Source} source */
  async #failed(source) {
    if (source.readyState === CLOSED) {
      await this.#askWhy();
    } else if (this.#cursor) {
      this.#retry("reconnecting");
    } else {
      // An id without data never reaches us, but the browser knows it and resumes there by itself.
      this.#connection.set({ name: "reconnecting", at: null });
    }
  }

  async #askWhy() {
    const generation = this.#generation;
    const { name } = this.#connection.value;
    if (name === "live") this.#connection.set({ name: "reconnecting", at: null });
    const answer = await this.#surroundings.probe(this.#url());
    if (generation === this.#generation) this.#heed(answer);
  }

  /** @param {Answer} answer */
  #heed(answer) {
    switch (answer.verdict) {
      case "given":
        return this.#retry("reconnecting");
      case "unavailable":
        return this.#retry("reconnecting", answer.retryAfter);
      case "ended":
        return this.#ended("complete");
      case "signed-out":
        this.#letGo();
        return this.#connection.set({ name: "signed-out" });
      case "refused":
        this.#letGo();
        return this.#connection.set({ name: "refused", detail: answer.detail });
    }
  }

  /**
   * @param {"reconnecting" | "server-ended"} name
   * @param {number} [atLeast] milliseconds
   */
  #retry(name, atLeast = 0) {
    if (Date.now() - this.#openedAt >= STEADY_MS) this.#attempt = 0;
    this.#letGo();
    const wait = Math.max(this.#surroundings.delay(this.#attempt), atLeast);
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#connect({ name, at: null }), wait);
    this.#connection.set({ name, at: Date.now() + wait });
  }
}
