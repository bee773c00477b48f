/**
 * One stream shared by all subscribers with the same filter. It follows the sources of all subscribers, delivers to
 * each the events of its own sources once and in order, and keeps the last events for late subscribers.
 */

import { CONNECTING, isFinal } from "../model/connection.js";
import { Backpressure } from "./backpressure.js";
import { EventHistory } from "./event-history.js";
import { Subscriber } from "./subscriber.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./answer.js").Answer} Answer */
/** @typedef {import("./messages.js").ToTab} ToTab */
/** @typedef {Exclude<import("./messages.js").ToWorker, {type: "lock"}>} HubMessage */
/** @typedef {Pick<import("./stream-client.js").StreamClient, "connection" | "start" | "stop" | "retryNow">} Stream */
/**
 * @typedef {object} Network
 * @property {(receive: import("./stream-client.js").Receive) => Stream} open
 * @property {(source: string) => Promise<Answer>} probe return the server's answer to a stream of this source alone
 */

// A reloaded page finds its stream still open.
const LINGER_MS = 10_000;
const HIDDEN_MS = 5 * 60_000;

/** @type {Connection} */
const IDLE = { name: "idle" };

export class Hub {
  #network;
  #stream;
  /** @type {Map<Subscriber, ReturnType<typeof setTimeout> | undefined>} with the removal timer of absent subscribers */
  #subscribers = new Map();
  #history = new EventHistory();
  #backpressure = new Backpressure(this.#subscribers);
  /** Sources of the current stream. @type {readonly string[]} */
  #streamSources = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #updateTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #sleepTimer;
  #sleeping = false;
  #hiddenMs;

  /**
   * @param {Network} network
   * @param {number} [hiddenMs] how long the stream stays open while all tabs are hidden
   */
  constructor(network, hiddenMs = HIDDEN_MS) {
    this.#network = network;
    this.#hiddenMs = hiddenMs;
    this.#stream = network.open((events, cursor) => this.#receive(events, cursor));
    this.#stream.connection.subscribe((connection) => this.#connectionChanged(connection));
  }

  /** Whether the hub has no subscribers. */
  get isEmpty() {
    return this.#subscribers.size === 0;
  }

  /** Stop the stream until a tab needs it again. */
  sleep() {
    this.#sleeping = true;
    this.#stream.stop();
    for (const subscriber of this.#subscribers.keys()) this.#sendConnection(subscriber);
  }

  /**
   * Add a subscriber that follows nothing yet.
   * @param {(message: ToTab) => void} post
   */
  join(post) {
    const subscriber = new Subscriber(post);
    this.#subscribers.set(subscriber, undefined);
    post({ type: "hello" });
    return subscriber;
  }

  /**
   * @param {Subscriber} subscriber
   * @param {HubMessage} message
   */
  handle(subscriber, message) {
    switch (message.type) {
      case "follow":
        return this.#follow(subscriber, message.subscription, message.sources);
      case "ack":
        return this.#ack(subscriber, message.subscription, message.size);
      case "hidden":
        subscriber.hidden = message.hidden;
        return this.#checkHidden();
      case "retry":
        return this.#retry();
      case "leave":
        return this.leave(subscriber);
      case "return":
        return this.#return(subscriber);
      case "close":
        return this.#remove(subscriber);
    }
  }

  /**
   * Mark a subscriber's tab as gone. It may return before the timer ends.
   * @param {Subscriber} subscriber
   */
  leave(subscriber) {
    if (subscriber.away || !this.#subscribers.has(subscriber)) return;
    subscriber.away = true;
    this.#subscribers.set(
      subscriber,
      setTimeout(() => this.#remove(subscriber), LINGER_MS),
    );
    this.#checkHidden();
    this.#backpressure.check();
  }

  /** @param {Subscriber} subscriber */
  #remove(subscriber) {
    clearTimeout(this.#subscribers.get(subscriber));
    this.#subscribers.delete(subscriber);
    this.#checkHidden();
    this.#backpressure.check();
    this.#updateSoon();
  }

  /** @param {Subscriber} subscriber */
  #return(subscriber) {
    const known = this.#subscribers.has(subscriber);
    clearTimeout(this.#subscribers.get(subscriber));
    this.#subscribers.set(subscriber, undefined);
    subscriber.away = false;
    this.#checkHidden();
    if (known && !subscriber.stale && this.#history.continues(subscriber.sources)) this.#sendEvents(subscriber);
    else subscriber.reset();
    this.#sendConnection(subscriber);
  }

  /**
   * @param {Subscriber} subscriber
   * @param {number} subscription
   * @param {readonly string[]} sources
   */
  #follow(subscriber, subscription, sources) {
    subscriber.subscribe(subscription, sources);
    this.#sendEvents(subscriber);
    this.#sendConnection(subscriber);
    this.#checkHidden();
    this.#backpressure.check();
    // The next event would drop an unused source from the cursor, so resume such a source at once.
    const added = sources.filter((source) => !this.#streamSources.includes(source));
    if (added.some((source) => this.#history.continues([source]))) this.#update();
    else this.#updateSoon();
  }

  /**
   * @param {Subscriber} subscriber
   * @param {number} subscription
   * @param {number} size
   */
  #ack(subscriber, subscription, size) {
    subscriber.ack(subscription, size);
    if (subscriber.seq < this.#history.seq) this.#sendEvents(subscriber);
    this.#backpressure.check();
  }

  #retry() {
    this.#checkHidden();
    if (this.#stream.connection.value.name === "signed-out") this.#updateSoon();
    else this.#stream.retryNow();
  }

  // Requests

  /** Update in a separate task, because several subscribers may change in this one. */
  #updateSoon() {
    this.#updateTimer ??= setTimeout(() => {
      this.#updateTimer = undefined;
      this.#update();
    }, 0);
  }

  #update() {
    const active = [...this.#subscribers.keys()].filter((subscriber) => subscriber.isActive);
    const wanted = [...new Set(active.flatMap(({ sources }) => [...sources]))];
    if (wanted.length === 0) return this.#stop();
    const current = this.#streamSources;
    const same = wanted.length === current.length && wanted.every((source) => current.includes(source));
    if (this.#sleeping) return;
    if (same && !isFinal(this.#stream.connection.value)) return this.#stream.retryNow();
    this.#streamSources = wanted;
    this.#stream.start(wanted, this.#history.cursorOf(wanted));
  }

  #stop() {
    this.#streamSources = [];
    this.#stream.stop();
    this.#history.clear();
  }

  #checkHidden() {
    const isVisible = [...this.#subscribers.keys()].some(({ away, hidden }) => !away && !hidden);
    if (!isVisible && !this.isEmpty) {
      this.#sleepTimer ??= setTimeout(() => this.sleep(), this.#hiddenMs);
      return;
    }
    clearTimeout(this.#sleepTimer);
    this.#sleepTimer = undefined;
    if (this.#sleeping) this.#updateSoon();
    this.#sleeping = false;
  }

  // Events

  /**
   * @param {StreamEvent[]} events
   * @param {string} cursor
   * @returns {Promise<void> | undefined} resolved when more can be received
   */
  #receive(events, cursor) {
    this.#history.add(events, cursor, this.#streamSources);
    for (const subscriber of this.#subscribers.keys()) this.#sendEvents(subscriber);
    for (const entry of this.#history.trim()) for (const subscriber of this.#subscribers.keys()) subscriber.skip(entry);
    return this.#backpressure.wait();
  }

  /** @param {Subscriber} subscriber */
  #sendEvents(subscriber) {
    if (!subscriber.canReceive) return;
    subscriber.send(this.#history.since(subscriber.sources, subscriber.seq), this.#history.seq);
  }

  // Connection state

  /** @param {Connection} connection */
  #connectionChanged(connection) {
    if (connection.name === "ended") this.#end();
    if (connection.name === "refused") void this.#findRefused(connection.detail);
    for (const subscriber of this.#subscribers.keys()) this.#sendConnection(subscriber);
  }

  /** @param {Subscriber} subscriber */
  #sendConnection(subscriber) {
    subscriber.setConnection(this.#connectionOf(subscriber));
  }

  /** @param {Subscriber} subscriber */
  #connectionOf(subscriber) {
    if (subscriber.sources.size === 0) return IDLE;
    if (subscriber.finalConnection) return subscriber.finalConnection;
    if (this.#sleeping) return subscriber.hidden ? subscriber.lastConnection : CONNECTING;
    const connection = this.#stream.connection.value;
    const isTransient = isFinal(connection) ? connection.name !== "signed-out" : connection.name === "connecting";
    if (!isTransient && this.#includes(subscriber)) return connection;
    // Changes for other tabs do not affect this one.
    return subscriber.lastConnection.name === "live" ? subscriber.lastConnection : CONNECTING;
  }

  /** @param {Subscriber} subscriber */
  #includes({ sources }) {
    return [...sources].every((source) => this.#streamSources.includes(source));
  }

  #end() {
    for (const subscriber of this.#subscribers.keys()) {
      if (!subscriber.isActive || !this.#includes(subscriber)) continue;
      subscriber.end();
      this.#sendEvents(subscriber);
    }
    this.#streamSources = [];
    this.#updateSoon();
  }

  /**
   * Find out which sources the server refuses, so that they do not end the stream of other tabs.
   * @param {string} detail
   */
  async #findRefused(detail) {
    const streamSources = this.#streamSources;
    /** @type {Map<string, string>} */
    const refused = new Map();
    for (const source of streamSources) {
      const answer = await this.#network.probe(source);
      if (this.#streamSources !== streamSources) return;
      if (answer.kind === "refused") refused.set(source, answer.detail);
    }
    if (refused.size === 0 && this.#history.cursorOf(streamSources)) return this.#resetAll();
    this.#refuse(refused.size > 0 ? refused : new Map(streamSources.map((source) => [source, detail])));
  }

  /** @param {ReadonlyMap<string, string>} refused */
  #refuse(refused) {
    this.#streamSources = [];
    for (const subscriber of this.#subscribers.keys()) {
      const source = subscriber.isActive ? [...subscriber.sources].find((id) => refused.has(id)) : undefined;
      if (source !== undefined) subscriber.finalConnection = { name: "refused", detail: refused.get(source) ?? "" };
      this.#sendConnection(subscriber);
    }
    this.#updateSoon();
  }

  /** The server accepts each source alone, so it rejected the cursor: start again without it. */
  #resetAll() {
    this.#streamSources = [];
    this.#history.clear();
    for (const subscriber of this.#subscribers.keys()) if (subscriber.isActive) subscriber.reset();
  }
}
