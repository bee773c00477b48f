/**
 * One hub for each filter that tabs follow, because streams with different filters cannot be shared. Browsers limit
 * connections per server, so only the most recently used filters keep a stream.
 */

import { Hub } from "./hub.js";

/** @typedef {import("./hub.js").HubMessage} HubMessage */
/** @typedef {import("./hub.js").Network} Network */
/** @typedef {import("./messages.js").ToTab} ToTab */

// With the unfiltered stream this leaves three of the six connections of HTTP/1.1 for requests.
const MAX_FILTERED = 2;
const HIDDEN_MS = 5_000;

export class HubPool {
  #networkFor;
  /** By filter, in order of last use. @type {Map<string, Hub>} */
  #hubs = new Map();

  /** @param {(filter: string) => Network} networkFor */
  constructor(networkFor) {
    this.#networkFor = networkFor;
  }

  /**
   * Open a session that follows nothing yet.
   * @param {(message: ToTab) => void} post
   */
  join(post) {
    return new Session(this, post);
  }

  /** @param {string} filter */
  hubFor(filter) {
    const hub = this.#hubs.get(filter) ?? this.#open(filter);
    this.#hubs.delete(filter);
    this.#hubs.set(filter, hub);
    return hub;
  }

  /** Stop the streams of all but the most recently used filters. */
  enforceLimit() {
    for (const [filter, hub] of this.#hubs) if (filter && hub.isEmpty) this.#hubs.delete(filter);
    const filtered = [...this.#hubs].filter(([filter]) => filter !== "");
    for (const [, hub] of filtered.slice(0, -MAX_FILTERED)) hub.sleep();
  }

  /** @param {string} filter */
  #open(filter) {
    return filter === "" ? new Hub(this.#networkFor("")) : new Hub(this.#networkFor(filter), HIDDEN_MS);
  }
}

class Session {
  #pool;
  #post;
  #filter = "";
  #hidden = false;
  #hub;
  #subscriber;

  /**
   * @param {HubPool} hubPool
   * @param {(message: ToTab) => void} post
   */
  constructor(hubPool, post) {
    this.#pool = hubPool;
    this.#post = post;
    this.#hub = hubPool.hubFor("");
    this.#subscriber = this.#hub.join(post);
  }

  /** @param {HubMessage} message */
  handle(message) {
    if (message.type === "follow" && message.filter !== this.#filter) this.#move(message.filter);
    if (message.type === "hidden") this.#hidden = message.hidden;
    if (!this.#hidden && message.type !== "ack") this.#pool.hubFor(this.#filter);
    this.#hub.handle(this.#subscriber, message);
    if (message.type !== "ack") this.#pool.enforceLimit();
  }

  leave() {
    this.#hub.leave(this.#subscriber);
  }

  /** @param {string} filter */
  #move(filter) {
    this.#hub.handle(this.#subscriber, { type: "close" });
    this.#filter = filter;
    this.#hub = this.#pool.hubFor(filter);
    this.#subscriber = this.#hub.join(this.#post);
    this.#hub.handle(this.#subscriber, { type: "hidden", hidden: this.#hidden });
  }
}
