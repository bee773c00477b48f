/**
 * One stream at a time, kept alive: resumed by cursor with back-off after a loss or a long silence, closed for good
 * when it is complete or not given. A stream that was replaced can say nothing any more.
 */

import { Signal } from "../lib/signal.js";
import { CONNECTING } from "../model/connection.js";
import { fetchEventStream } from "./answer.js";
import { backoffDelay } from "./backoff.js";
import { EventParser } from "./event-parser.js";
import { streamQuery } from "./stream-query.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./answer.js").Answer} Answer */
/**
 * Takes what one read of the network brought, and the cursor after it; nothing more is read before it is done.
 * @typedef {(events: StreamEvent[], cursor: string) => Promise<void> | void} Receive
 */
/**
 * @typedef {object} Environment what a test replaces
 * @property {import("./answer.js").Fetch} fetch
 * @property {(attempt: number) => number} delay
 */

// A stream that held this long was a good one; one that breaks at once must not be tried at full speed for ever.
const STABLE_MS = 5_000;
// The server pings each 15 s: with three of them missing nobody is there, whatever the connection says.
const SILENCE_MS = 45_000;

/** @type {Environment} */
const BROWSER = { fetch: (url, init) => fetch(url, init), delay: backoffDelay };

export class StreamClient {
  #endpoint;
  #receive;
  #filter;
  #environment;
  /** @type {Signal<Connection>} */
  #connection = new Signal(/** @type {Connection} */ ({ name: "idle" }));
  /** @type {readonly string[]} */
  #sources = [];
  /** @type {AbortController | null} */
  #request = null;
  /** Until the next try, or until the present one is too silent. @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #cursor = "";
  #attempt = 0;
  #openedAt = Infinity;

  /**
   * @param {string} endpoint the stream's URL without its query string
   * @param {Receive} receive
   * @param {string} [filter] parameters that say which lines; all without
   * @param {Environment} [environment]
   */
  constructor(endpoint, receive, filter = "", environment = BROWSER) {
    this.#endpoint = endpoint;
    this.#receive = receive;
    this.#filter = filter;
    this.#environment = environment;
  }

  /** @returns {import("../lib/signal.js").Readable<Connection>} */
  get connection() {
    return this.#connection;
  }

  /**
   * Instead of what it followed before.
   * @param {readonly string[]} sources at least one
   * @param {string} cursor where an earlier stream with some of these sources stopped, or nothing
   */
  start(sources, cursor) {
    this.#sources = sources;
    this.#cursor = cursor;
    this.#attempt = 0;
    this.#connect(CONNECTING);
  }

  stop() {
    this.#abort();
    this.#connection.set({ name: "idle" });
  }

  /** Tries at once when it is waiting to try: the reader asked for it, or the network is back. */
  retryNow() {
    const { value } = this.#connection;
    if (!("at" in value) || value.at === null) return;
    this.#attempt = 0;
    this.#connect({ ...value, at: null });
  }

  #abort() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#request = null;
    this.#openedAt = Infinity;
  }

  /** @param {Connection} connection what to show until it is open */
  #connect(connection) {
    this.#abort();
    const request = new AbortController();
    this.#request = request;
    void this.#run(request);
    this.#connection.set(connection);
  }

  /** @param {AbortController} request */
  async #run(request) {
    this.#watch();
    const url = this.#endpoint + streamQuery(this.#sources, this.#cursor, this.#filter);
    const answer = await fetchEventStream(url, request.signal, this.#environment.fetch);
    if (this.#request === request) await this.#handle(answer, request);
  }

  #watch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#retry("reconnecting"), SILENCE_MS);
  }

  /**
   * @param {Answer} answer
   * @param {AbortController} request
   */
  async #handle(answer, request) {
    switch (answer.verdict) {
      case "given":
        this.#openedAt = Date.now();
        this.#connection.set({ name: "live" });
        return this.#read(answer.response, request);
      case "unavailable":
        return this.#retry("reconnecting", answer.retryAfter);
      case "ended":
      case "signed-out":
        return this.#close({ name: answer.verdict });
      case "refused":
        return this.#close({ name: "refused", detail: answer.detail });
    }
  }

  /**
   * @param {Response} response
   * @param {AbortController} request
   */
  async #read(response, request) {
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    const parser = new EventParser();
    while (this.#request === request) {
      this.#watch();
      // Whatever makes a read fail, the connection is gone.
      const chunk = await reader?.read().catch(() => undefined);
      if (this.#request !== request) return;
      if (!chunk?.value) return this.#retry("reconnecting");
      await this.#receiveText(parser, decoder.decode(chunk.value, { stream: true }), request);
    }
  }

  /**
   * @param {EventParser} parser
   * @param {string} text
   * @param {AbortController} request
   */
  async #receiveText(parser, text, request) {
    const parsed = parse(parser, text);
    if (!parsed) return this.#retry("reconnecting");
    const { events, cursor } = parsed;
    this.#cursor = cursor || this.#cursor;
    // Silence while nothing is read is our own.
    clearTimeout(this.#timer);
    if (events.length > 0 || cursor) await this.#receive(events, this.#cursor);
    const end = events.find(({ kind }) => kind === "end");
    if (end?.kind === "end" && this.#request === request) this.#end(end.reason);
  }

  /** @param {"complete" | "shutdown"} reason */
  #end(reason) {
    if (reason === "shutdown") this.#retry("server-ended");
    else this.#close({ name: "ended" });
  }

  /** @param {Connection} connection */
  #close(connection) {
    this.#abort();
    this.#connection.set(connection);
  }

  /**
   * @param {"reconnecting" | "server-ended"} name
   * @param {number} [atLeast] milliseconds
   */
  #retry(name, atLeast = 0) {
    if (Date.now() - this.#openedAt >= STABLE_MS) this.#attempt = 0;
    this.#abort();
    const wait = Math.max(this.#environment.delay(this.#attempt), atLeast);
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.#connect({ name, at: null }), wait);
    this.#connection.set({ name, at: Date.now() + wait });
  }
}

/**
 * Null for what no server of ours sends: the same cursor is asked again.
 * @param {EventParser} parser
 * @param {string} text
 */
function parse(parser, text) {
  try {
    return parser.feed(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
