/** Test harness of the hub: a server with numbered lines, its stream, and tabs that check what they receive. */

import assert from "node:assert/strict";
import { Signal } from "../../static/js/lib/signal.js";
import { Hub } from "../../static/js/net/hub.js";

/** @typedef {import("../../static/js/model/connection.js").Connection} Connection */
/** @typedef {import("../../static/js/model/events.js").LinesEvent} LinesEvent */
/** @typedef {import("../../static/js/model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("../../static/js/net/messages.js").ToTab} ToTab */
/** @typedef {import("../../static/js/net/stream-client.js").Receive} Receive */

export const BACKFILL = 500;

export const settle = () => new Promise((resolve) => setImmediate(resolve));

/** @param {string} source @param {number} from @param {number} to @param {string} [padding] @returns {LinesEvent} */
export function linesEvent(source, from, to, padding = "") {
  const numbers = Array.from({ length: to - from }, (_, index) => from + index);
  const lines = numbers.map((number) => `${source} ${number}${padding}`);
  const [file, at, levels] = ["f", `${from}`, "-".repeat(lines.length)];
  return { kind: "lines", source, file, at, n: from + 1, lines, levels, times: lines.map(() => null) };
}

export class FakeStream {
  #receive;
  #server;
  connection = new Signal(/** @type {Connection} */ ({ name: "idle" }));
  /** @type {{sources: readonly string[], cursor: string}[]} */
  starts = [];
  /** @type {Map<string, number>} */
  #offsets = new Map();
  #cursor = "";
  #generation = 0;
  held = false;
  padding = "";

  /** @param {Receive} receive @param {Map<string, number>} server number of lines of each source */
  constructor(receive, server) {
    this.#receive = receive;
    this.#server = server;
  }

  get sources() {
    return this.connection.value.name === "live" ? [...this.#offsets.keys()] : [];
  }

  /** @param {readonly string[]} sources @param {string} cursor */
  start(sources, cursor) {
    this.starts.push({ sources, cursor });
    this.#begin(sources, cursor);
    this.connection.set({ name: "connecting" });
  }

  /** @param {readonly string[]} sources @param {string} cursor */
  #begin(sources, cursor) {
    this.#generation += 1;
    this.held = false;
    this.#cursor = cursor;
    const marks = new Map(/** @type {[string, number][]} */ (cursor ? JSON.parse(cursor) : []));
    assert.ok(!cursor || sources.some((source) => marks.has(source)), "the server would refuse this cursor");
    const last = (/** @type {string} */ source) => Math.max(0, (this.#server.get(source) ?? 0) - BACKFILL);
    this.#offsets = new Map(sources.map((source) => [source, marks.get(source) ?? last(source)]));
  }

  stop() {
    this.#generation += 1;
    this.connection.set({ name: "idle" });
  }

  retryNow() {}

  open() {
    if (this.connection.value.name === "connecting") this.connection.set({ name: "live" });
  }

  /** Reconnect to the same sources at the last cursor. */
  breakOff() {
    if (this.connection.value.name !== "live") return;
    this.#begin([...this.#offsets.keys()], this.#cursor);
    this.connection.set({ name: "reconnecting", retryAt: null });
    this.connection.set({ name: "live" });
  }

  /** @param {StreamEvent[]} events */
  send(...events) {
    this.#cursor = JSON.stringify([...this.#offsets]);
    const done = this.#receive(events, this.#cursor);
    if (!done) return;
    const generation = this.#generation;
    this.held = true;
    void done.then(() => {
      if (generation === this.#generation) this.held = false;
    });
  }

  /** @param {string} source @param {number} max */
  sendLines(source, max) {
    const from = this.#offsets.get(source) ?? 0;
    const to = Math.min(this.#server.get(source) ?? 0, from + max);
    if (to === from) return;
    this.#offsets.set(source, to);
    this.send(linesEvent(source, from, to, this.padding));
  }

  /** @param {string} source @param {number} lines */
  skip(source, lines) {
    const offset = this.#offsets.get(source) ?? 0;
    if (offset + lines > (this.#server.get(source) ?? 0)) return;
    this.#offsets.set(source, offset + lines);
    this.send({ kind: "gap", source, reason: "skipped", lines });
  }
}

/** A tab that fails on lines that are duplicated, out of order, or missing without a gap. */
export class Tab {
  #hub;
  #subscriber;
  #choice = 0;
  /** @type {StreamEvent[]} */
  events = [];
  /** Expected number of the next line. @type {Map<string, number>} */
  next = new Map();
  /** @type {readonly string[]} */
  sources = [];
  /** @type {Connection} */
  connection = { name: "idle" };
  /** @type {number[]} */
  ack = [];
  takes = true;
  away = false;
  resets = 0;

  /** @param {Hub} hub */
  constructor(hub) {
    this.#hub = hub;
    this.#subscriber = hub.join((message) => this.#received(structuredClone(message)));
  }

  get texts() {
    return this.events.flatMap((event) => (event.kind === "lines" ? event.lines : []));
  }

  /** @param {readonly string[]} sources */
  follow(sources) {
    this.sources = sources;
    this.events = [];
    this.ack = [];
    this.next.clear();
    this.#choice += 1;
    this.connection = { name: sources.length === 0 ? "idle" : "connecting" };
    this.#hub.handle(this.#subscriber, { type: "follow", subscription: this.#choice, sources });
  }

  /** @param {boolean} hidden */
  setHidden(hidden) {
    this.#hub.handle(this.#subscriber, { type: "hidden", hidden });
  }

  leave() {
    this.away = true;
    this.#hub.handle(this.#subscriber, { type: "leave" });
  }

  return() {
    this.away = false;
    this.#hub.handle(this.#subscriber, { type: "return" });
  }

  close() {
    this.#hub.handle(this.#subscriber, { type: "close" });
  }

  retry() {
    this.#hub.handle(this.#subscriber, { type: "retry" });
  }

  /** Acknowledge all received events. */
  take() {
    const subscription = this.#choice;
    for (const size of this.ack.splice(0)) this.#hub.handle(this.#subscriber, { type: "ack", subscription, size });
  }

  /** @param {ToTab} message */
  #received(message) {
    assert.ok(!this.away || message.type === "connection", "nothing comes to a tab that is away");
    if (message.type === "hello" || message.subscription !== this.#choice) return;
    if (message.type === "connection") this.connection = message.connection;
    if (message.type === "reset") {
      this.resets += 1;
      this.follow(this.sources);
    }
    if (message.type === "events") {
      for (const event of message.events) this.#check(event);
      this.events.push(...message.events);
      this.ack.push(message.size);
      if (this.takes) this.take();
    }
  }

  /** @param {StreamEvent} event */
  #check(event) {
    if (event.kind === "end") return;
    assert.ok(this.sources.includes(event.source), "an event of a source that it did not choose");
    const next = this.next.get(event.source);
    if (event.kind === "gap" && next !== undefined) this.next.set(event.source, next + (event.lines ?? NaN));
    if (event.kind !== "lines") return;
    const first = (event.n ?? NaN) - 1;
    if (next !== undefined) assert.equal(first, next, `${event.source}: a line twice, or none`);
    this.next.set(event.source, first + event.lines.length);
  }
}

/** @param {Record<string, number>} lines initial number of lines of each source */
export function makeHarness(lines = {}) {
  const server = new Map(Object.entries(lines));
  /** @type {Map<string, import("../../static/js/net/answer.js").Answer>} */
  const answers = new Map();
  /** @type {FakeStream[]} */
  const streams = [];
  const hub = new Hub({
    open: (receive) => streams[streams.push(new FakeStream(receive, server)) - 1],
    probe: async (source) => answers.get(source) ?? { kind: "stream", response: new Response() },
  });
  return { hub, server, answers, stream: streams[0], tab: () => new Tab(hub) };
}
