import assert from "node:assert/strict";
import { test } from "node:test";
import { Channel } from "../../static/js/net/channel.js";

/** @typedef {import("../../static/js/model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("../../static/js/net/messages.js").ToWorker} ToWorker */
/** @typedef {import("../../static/js/net/worker-port.js").Listener} Listener */

/** @param {string} source @returns {StreamEvent} */
const gap = (source) => ({ kind: "gap", source, reason: "lost", lines: 1 });

function makeChannel() {
  /** @type {any[]} */
  const posted = [];
  /** @type {string[]} */
  const delivered = [];
  /** @type {Listener[]} */
  const listener = [];
  const port = { post: (/** @type {ToWorker} */ message) => void posted.push(message), close: () => {} };
  const channel = new Channel({
    endpoint: "http://host/api/stream",
    deliver: (event) => {
      delivered.push("source" in event ? event.source : event.kind);
      if (delivered.at(-1) === "switch") channel.follow(["next"]);
    },
    restart: () => void delivered.push("restart"),
    open: (_, given) => (listener.push(given), port),
  });
  const follows = () => posted.filter(({ type }) => type === "follow");
  return { channel, posted, delivered, listener: listener[0], follows, state: () => channel.connection.value.name };
}

test("events of a subscription are delivered and acknowledged", () => {
  const { channel, posted, delivered, listener, state } = makeChannel();
  channel.follow(["a"]);
  assert.deepEqual(posted.at(-1), { type: "follow", subscription: 1, sources: ["a"], filter: "" });
  assert.equal(state(), "connecting");
  listener.received({ type: "connection", subscription: 1, connection: { name: "live" } });
  assert.equal(state(), "live");
  listener.received({ type: "events", subscription: 1, events: [gap("a"), gap("b")], size: 7 });
  assert.deepEqual(delivered, ["a", "b"]);
  assert.deepEqual(posted.at(-1), { type: "ack", subscription: 1, size: 7 });
});

test("events of an earlier subscription are ignored", () => {
  const { channel, delivered, listener, state } = makeChannel();
  channel.follow(["a"]);
  channel.follow([]);
  listener.received({ type: "events", subscription: 1, events: [gap("a")], size: 7 });
  listener.received({ type: "connection", subscription: 1, connection: { name: "live" } });
  assert.deepEqual([delivered, state()], [[], "idle"]);
});

test("a subscription made while an event is delivered ends the earlier one", () => {
  const { channel, delivered, listener } = makeChannel();
  channel.follow(["a"]);
  listener.received({ type: "events", subscription: 1, events: [gap("switch"), gap("a")], size: 7 });
  assert.deepEqual(delivered, ["switch"]);
});

test("after a reset the page clears and follows again", () => {
  const { channel, delivered, listener, follows } = makeChannel();
  channel.follow(["a"]);
  channel.suspend();
  channel.resume();
  listener.received({ type: "reset", subscription: 1 });
  assert.deepEqual(delivered, ["restart"]);
  assert.deepEqual(follows().at(-1), { type: "follow", subscription: 2, sources: ["a"], filter: "" });
});

test("a replacement worker gets the whole state of the channel", () => {
  const { channel, posted, listener } = makeChannel();
  channel.setHidden(true);
  channel.follow(["a"]);
  posted.length = 0;
  listener.replaced();
  assert.deepEqual(posted, [
    { type: "hidden", hidden: true },
    { type: "follow", subscription: 2, sources: ["a"], filter: "" },
  ]);
});

test("without a worker the connection is refused", () => {
  const { channel, listener, state } = makeChannel();
  channel.follow(["a"]);
  listener.failed();
  assert.equal(state(), "refused");
});

test("a closed channel delivers nothing", () => {
  const { channel, posted, delivered, listener } = makeChannel();
  channel.follow(["a"]);
  channel.close();
  assert.deepEqual(posted.at(-1), { type: "close" });
  listener.received({ type: "events", subscription: 1, events: [gap("a")], size: 7 });
  assert.deepEqual(delivered, []);
});
