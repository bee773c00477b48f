/**
 * A hub for each filter that a tab follows with: streams of other lines cannot be shared. Browsers allow few
 * connections to one server, so only those that were turned to last have a stream.
 */

import { Hub } from "./hub.js";

/** @typedef {import("./hub.js").ForHub} ForHub */
/** @typedef {import("./hub.js").Network} Network */
/** @typedef {import("./messages.js").ToTab} ToTab */

// With the one of all lines three of the six connections that HTTP/1.1 gives, so that requests never wait.
const MOST_FILTERED = 2;
const HIDDEN_MS = 5_000;

export class Hubs {
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
    return new Seat(this, post);
  }

  /** @param {string} filter */
  at(filter) {
    const hub = this.#hubs.get(filter) ?? this.#open(filter);
    this.#hubs.delete(filter);
    this.#hubs.set(filter, hub);
    return hub;
  }

  /** No more of them go on than there may be. */
  settle() {
    for (const [filter, hub] of this.#hubs) if (filter && hub.isEmpty) this.#hubs.delete(filter);
    const filtered = [...this.#hubs].filter(([filter]) => filter !== "");
    for (const [, hub] of filtered.slice(0, -MOST_FILTERED)) hub.doze();
  }

  /** @param {string} filter */
  #open(filter) {
    return filter === "" ? new Hub(this.#networkFor("")) : new Hub(this.#networkFor(filter), HIDDEN_MS);
  }
}

class Seat {
  #hubs;
  #post;
  #filter = "";
  #hidden = false;
  #hub;
  #follower;

  /**
   * @param {Hubs} hubs
   * @param {(message: ToTab) => void} post
   */
  constructor(hubs, post) {
    this.#hubs = hubs;
    this.#post = post;
    this.#hub = hubs.at("");
    this.#follower = this.#hub.join(post);
  }

  /** @param {ForHub} message */
  heed(message) {
    if (message.type === "follow" && message.filter !== this.#filter) this.#move(message.filter);
    if (message.type === "hidden") this.#hidden = message.hidden;
    if (!this.#hidden && message.type !== "taken") this.#hubs.at(this.#filter);
    this.#hub.heed(this.#follower, message);
    if (message.type !== "taken") this.#hubs.settle();
  }

  leave() {
    this.#hub.leave(this.#follower);
  }

  /** @param {string} filter */
  #move(filter) {
    this.#hub.heed(this.#follower, { type: "close" });
    this.#filter = filter;
    this.#hub = this.#hubs.at(filter);
    this.#follower = this.#hub.join(this.#post);
    this.#hub.heed(this.#follower, { type: "hidden", hidden: this.#hidden });
  }
}
