/**
 * A hub for each filter that a tab follows with: streams of other lines cannot be shared. Browsers allow few
 * connections to one server, so only those that were turned to last have a stream.
 */

import { Hub } from "./hub.js";

/** @typedef {import("./hub.js").HubMessage} HubMessage */
/** @typedef {import("./hub.js").Network} Network */
/** @typedef {import("./messages.js").ToTab} ToTab */

// With the one of all lines three of the six connections that HTTP/1.1 gives, so that requests never wait.
const MAX_FILTERED = 2;
const HIDDEN_MS = 5_000;

export class HubPool {
  #networkFor;
  /** By filter; the one that was turned to last is the last. @type {Map<string, Hub>} */
  #hubs = new Map();

  /** @param {(filter: string) => Network} networkFor */
  constructor(networkFor) {
    this.#networkFor = networkFor;
  }

  /**
   * A new channel, which follows nothing yet.
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

  /** No more of them go on than there may be. */
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
  #hubs;
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
    this.#hubs = hubPool;
    this.#post = post;
    this.#hub = hubPool.hubFor("");
    this.#subscriber = this.#hub.join(post);
  }

  /** @param {HubMessage} message */
  handle(message) {
    if (message.type === "follow" && message.filter !== this.#filter) this.#move(message.filter);
    if (message.type === "hidden") this.#hidden = message.hidden;
    if (!this.#hidden && message.type !== "ack") this.#hubs.hubFor(this.#filter);
    this.#hub.handle(this.#subscriber, message);
    if (message.type !== "ack") this.#hubs.enforceLimit();
  }

  leave() {
    this.#hub.leave(this.#subscriber);
  }

  /** @param {string} filter */
  #move(filter) {
    this.#hub.handle(this.#subscriber, { type: "close" });
    this.#filter = filter;
    this.#hub = this.#hubs.hubFor(filter);
    this.#subscriber = this.#hub.join(this.#post);
    this.#hub.handle(this.#subscriber, { type: "hidden", hidden: this.#hidden });
  }
}
