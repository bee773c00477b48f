/**
 * Keeps one stream open. After a loss or a long silence it resumes at the cursor, with back-off. It closes for good
 * when the stream is complete or refused. A replaced stream delivers no more events.
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
 * Receives the events of one network read and the cursor after them. The client reads on when the promise resolves.
 * @typedef {(events: StreamEvent[], cursor: string) => Promise<void> | void} Receive
 */
/**
 * @typedef {object} Environment replaced in tests
 * @property {import("./answer.js").Fetch} fetch
 * @property {(attempt: number) => number} delay
 */

// A stream that lasted this long resets the back-off.
const STABLE_MS = 5_000;
// The server pings every 15 s; after three missed pings the connection is considered dead.
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
  /**
   * Time of the next attempt, or the silence limit of the current one.
   * @type {ReturnType<typeof setTimeout> | undefined}
   */
  #timer;
  #cursor = "";
  #attempt = 0;
  #openedAt = Infinity;

  /**
   * @param {string} endpoint URL of the stream without its query string
   * @param {Receive} receive
   * @param {string} [filter] parameters of the view; empty for all lines
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
   * Start a stream and abort the one before.
   * @param {readonly string[]} sources at least one
   * @param {string} cursor cursor to resume at, or empty
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

  /** Retry at once if an attempt is scheduled. */
  retryNow() {
    const { value } = this.#connection;
    if (!("retryAt" in value) || value.retryAt === null) return;
    this.#attempt = 0;
    this.#connect({ ...value, retryAt: null });
  }

  #abort() {
    clearTimeout(this.#timer);
    this.#request?.abort();
    this.#request = null;
    this.#openedAt = Infinity;
  }

  /** @param {Connection} connection state until the stream is open */
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
    switch (answer.kind) {
      case "stream":
        this.#openedAt = Date.now();
        this.#connection.set({ name: "live" });
        return this.#read(answer.response, request);
      case "unavailable":
        return this.#retry("reconnecting", answer.retryAfter);
      case "ended":
      case "signed-out":
        return this.#close({ name: answer.kind });
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
      // Any failed read means that the connection is lost.
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
    // Pause the silence timer: while the receiver is busy, nothing is read.
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
    this.#timer = setTimeout(() => this.#connect({ name, retryAt: null }), wait);
    this.#connection.set({ name, retryAt: Date.now() + wait });
  }
}

/**
 * Return null for text that our server does not send; the stream is then resumed at the same cursor.
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
