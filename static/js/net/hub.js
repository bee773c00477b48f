/**
 * One stream for all channels: follows what any of them wants, gives each the events of its own sources, once and in
 * order, and keeps the last ones for who joins later.
 */

import { CONNECTING, isFinal } from "../model/connection.js";
import { Follower } from "./follower.js";
import { History } from "./history.js";
import { Pace } from "./pace.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./answer.js").Answer} Answer */
/** @typedef {import("./messages.js").ToTab} ToTab */
/** @typedef {Exclude<import("./messages.js").ToWorker, {type: "held"}>} ForHub */
/** @typedef {Pick<import("./stream-client.js").StreamClient, "connection" | "start" | "stop" | "retryNow">} Stream */
/**
 * @typedef {object} Network
 * @property {(receive: import("./stream-client.js").Receive) => Stream} open
 * @property {(source: string) => Promise<Answer>} ask what the server says to a stream of this source alone
 */

// A page that is loaded again finds its stream still there.
const LINGER_MS = 10_000;
const HIDDEN_MS = 5 * 60_000;

/** @type {Connection} */
const IDLE = { name: "idle" };

export class Hub {
  #network;
  #stream;
  /** @type {Map<Follower, ReturnType<typeof setTimeout> | undefined>} with the timer of those that are away */
  #followers = new Map();
  #history = new History();
  #pace = new Pace(this.#followers);
  /** What the stream was asked for. @type {readonly string[]} */
  #asked = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #updating;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #dozing;
  #asleep = false;
  #hiddenMs;

  /**
   * @param {Network} network
   * @param {number} [hiddenMs] for how long it goes on while nobody looks
   */
  constructor(network, hiddenMs = HIDDEN_MS) {
    this.#network = network;
    this.#hiddenMs = hiddenMs;
    this.#stream = network.open((events, cursor) => this.#receive(events, cursor));
    this.#stream.connection.subscribe((connection) => this.#changed(connection));
  }

  /** Whether nobody needs it any more. */
  get isEmpty() {
    return this.#followers.size === 0;
  }

  /** Lets the stream go until somebody turns to it. */
  doze() {
    this.#asleep = true;
    this.#stream.stop();
    for (const follower of this.#followers.keys()) this.#tell(follower);
  }

  /**
   * A new channel, which follows nothing yet.
   * @param {(message: ToTab) => void} post
   */
  join(post) {
    const follower = new Follower(post);
    this.#followers.set(follower, undefined);
    post({ type: "hello" });
    return follower;
  }

  /**
   * @param {Follower} follower
   * @param {ForHub} message
   */
  heed(follower, message) {
    switch (message.type) {
      case "follow":
        return this.#follow(follower, message.choice, message.sources);
      case "taken":
        return this.#taken(follower, message.choice, message.size);
      case "hidden":
        follower.hidden = message.hidden;
        return this.#watchHidden();
      case "retry":
        return this.#retry();
      case "leave":
        return this.leave(follower);
      case "return":
        return this.#return(follower);
      case "close":
        return this.#remove(follower);
    }
  }

  /**
   * Its tab is gone, perhaps to come back.
   * @param {Follower} follower
   */
  leave(follower) {
    if (follower.away || !this.#followers.has(follower)) return;
    follower.away = true;
    this.#followers.set(
      follower,
      setTimeout(() => this.#remove(follower), LINGER_MS),
    );
    this.#watchHidden();
    this.#pace.check();
  }

  /** @param {Follower} follower */
  #remove(follower) {
    clearTimeout(this.#followers.get(follower));
    this.#followers.delete(follower);
    this.#watchHidden();
    this.#pace.check();
    this.#updateSoon();
  }

  /** @param {Follower} follower */
  #return(follower) {
    const known = this.#followers.has(follower);
    clearTimeout(this.#followers.get(follower));
    this.#followers.set(follower, undefined);
    follower.away = false;
    this.#watchHidden();
    if (known && !follower.stale && this.#history.continues(follower.sources)) this.#supply(follower);
    else follower.beginAnew();
    this.#tell(follower);
  }

  /**
   * @param {Follower} follower
   * @param {number} choice
   * @param {readonly string[]} sources
   */
  #follow(follower, choice, sources) {
    follower.choose(choice, sources);
    this.#supply(follower);
    this.#tell(follower);
    this.#watchHidden();
    this.#pace.check();
    // What the cursor still knows of a source that was given up would be forgotten with the next event.
    if (sources.some((source) => !this.#asked.includes(source) && this.#history.continues([source]))) this.#update();
    else this.#updateSoon();
  }

  /**
   * @param {Follower} follower
   * @param {number} choice
   * @param {number} size
   */
  #taken(follower, choice, size) {
    follower.taken(choice, size);
    if (follower.seq < this.#history.seq) this.#supply(follower);
    this.#pace.check();
  }

  #retry() {
    this.#watchHidden();
    if (this.#stream.connection.value.name === "signed-out") this.#updateSoon();
    else this.#stream.retryNow();
  }

  // What is asked for

  /** In a task of its own, as several channels may change their minds in this one. */
  #updateSoon() {
    this.#updating ??= setTimeout(() => {
      this.#updating = undefined;
      this.#update();
    }, 0);
  }

  #update() {
    const wanting = [...this.#followers.keys()].filter((follower) => follower.wants);
    const wanted = [...new Set(wanting.flatMap(({ sources }) => [...sources]))];
    if (wanted.length === 0) return this.#rest();
    const same = wanted.length === this.#asked.length && wanted.every((source) => this.#asked.includes(source));
    if (this.#asleep) return;
    if (same && !isFinal(this.#stream.connection.value)) return this.#stream.retryNow();
    this.#asked = wanted;
    this.#stream.start(wanted, this.#history.cursorOf(wanted));
  }

  #rest() {
    this.#asked = [];
    this.#stream.stop();
    this.#history.forget();
  }

  #watchHidden() {
    const looking = [...this.#followers.keys()].some(({ away, hidden }) => !away && !hidden);
    if (!looking && !this.isEmpty) {
      this.#dozing ??= setTimeout(() => this.doze(), this.#hiddenMs);
      return;
    }
    clearTimeout(this.#dozing);
    this.#dozing = undefined;
    if (this.#asleep) this.#updateSoon();
    this.#asleep = false;
  }

  // What comes

  /**
   * @param {StreamEvent[]} events
   * @param {string} cursor
   * @returns {Promise<void> | undefined} done when more can be taken
   */
  #receive(events, cursor) {
    this.#history.add(events, cursor, this.#asked);
    for (const follower of this.#followers.keys()) this.#supply(follower);
    for (const entry of this.#history.trim()) for (const follower of this.#followers.keys()) follower.miss(entry);
    return this.#pace.wait();
  }

  /** @param {Follower} follower */
  #supply(follower) {
    if (!follower.canTake) return;
    follower.give(this.#history.since(follower.sources, follower.seq), this.#history.seq);
  }

  // How it stands

  /** @param {Connection} connection */
  #changed(connection) {
    if (connection.name === "ended") this.#end();
    if (connection.name === "refused") void this.#findCulprits(connection.detail);
    for (const follower of this.#followers.keys()) this.#tell(follower);
  }

  /** @param {Follower} follower */
  #tell(follower) {
    follower.tell(this.#connectionOf(follower));
  }

  /** @param {Follower} follower */
  #connectionOf(follower) {
    if (follower.sources.size === 0) return IDLE;
    if (follower.verdict) return follower.verdict;
    if (this.#asleep) return follower.hidden ? follower.told : CONNECTING;
    const connection = this.#stream.connection.value;
    const passing = isFinal(connection) ? connection.name !== "signed-out" : connection.name === "connecting";
    if (!passing && this.#includes(follower)) return connection;
    // What the other tabs want changes nothing for this one.
    return follower.told.name === "live" ? follower.told : CONNECTING;
  }

  /** @param {Follower} follower */
  #includes({ sources }) {
    return [...sources].every((source) => this.#asked.includes(source));
  }

  #end() {
    for (const follower of this.#followers.keys()) {
      if (!follower.wants || !this.#includes(follower)) continue;
      follower.end();
      this.#supply(follower);
    }
    this.#asked = [];
    this.#updateSoon();
  }

  /**
   * A tab that asks for what is not there must not take the stream from the others.
   * @param {string} detail
   */
  async #findCulprits(detail) {
    const asked = this.#asked;
    /** @type {Map<string, string>} */
    const refused = new Map();
    for (const source of asked) {
      const answer = await this.#network.ask(source);
      if (this.#asked !== asked) return;
      if (answer.verdict === "refused") refused.set(source, answer.detail);
    }
    if (refused.size === 0 && this.#history.cursorOf(asked)) return this.#beginAnew();
    this.#refuse(refused.size > 0 ? refused : new Map(asked.map((source) => [source, detail])));
  }

  /** @param {ReadonlyMap<string, string>} refused */
  #refuse(refused) {
    this.#asked = [];
    for (const follower of this.#followers.keys()) {
      const source = follower.wants ? [...follower.sources].find((each) => refused.has(each)) : undefined;
      if (source !== undefined) follower.verdict = { name: "refused", detail: refused.get(source) ?? "" };
      this.#tell(follower);
    }
    this.#updateSoon();
  }

  /** Each source alone is given, so it is the cursor that the server does not take. */
  #beginAnew() {
    this.#asked = [];
    this.#history.forget();
    for (const follower of this.#followers.keys()) if (follower.wants) follower.beginAnew();
  }
}
