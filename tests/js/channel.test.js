import assert from "node:assert/strict";
import { test } from "node:test";
import { Channel } from "../../static/js/net/channel.js";

/** @typedef {import("../../static/js/model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("../../static/js/net/messages.js").ToWorker} ToWorker */
/** @typedef {import("../../static/js/net/worker-port.js").Ears} Ears */

/** @param {string} source @returns {StreamEvent} */
const gap = (source) => ({ kind: "gap", source, reason: "lost", lines: 1 });

function makeChannel() {
  /** @type {any[]} */
  const posted = [];
  /** @type {string[]} */
  const delivered = [];
  /** @type {Ears[]} */
  const ears = [];
  const port = { post: (/** @type {ToWorker} */ message) => void posted.push(message), close: () => {} };
  const channel = new Channel({
    endpoint: "http://host/api/stream",
    deliver: (event) => {
      delivered.push("source" in event ? event.source : event.kind);
      if (delivered.at(-1) === "switch") channel.follow(["next"]);
    },
    restart: () => void delivered.push("restart"),
    open: (_, given) => (ears.push(given), port),
  });
  const follows = () => posted.filter(({ type }) => type === "follow");
  return { channel, posted, delivered, ears: ears[0], follows, state: () => channel.connection.value.name };
}

test("a choice is followed, and its events are delivered and taken", () => {
  const { channel, posted, delivered, ears, state } = makeChannel();
  channel.follow(["a"]);
  assert.deepEqual(posted.at(-1), { type: "follow", choice: 1, sources: ["a"], filter: "" });
  assert.equal(state(), "connecting");
  ears.heard({ type: "connection", choice: 1, connection: { name: "live" } });
  assert.equal(state(), "live");
  ears.heard({ type: "events", choice: 1, events: [gap("a"), gap("b")], size: 7 });
  assert.deepEqual(delivered, ["a", "b"]);
  assert.deepEqual(posted.at(-1), { type: "taken", choice: 1, size: 7 });
});

test("nothing of an earlier choice is heard any more", () => {
  const { channel, delivered, ears, state } = makeChannel();
  channel.follow(["a"]);
  channel.follow([]);
  ears.heard({ type: "events", choice: 1, events: [gap("a")], size: 7 });
  ears.heard({ type: "connection", choice: 1, connection: { name: "live" } });
  assert.deepEqual([delivered, state()], [[], "idle"]);
});

test("a choice that is made by an event ends the ones before it", () => {
  const { channel, delivered, ears } = makeChannel();
  channel.follow(["a"]);
  ears.heard({ type: "events", choice: 1, events: [gap("switch"), gap("a")], size: 7 });
  assert.deepEqual(delivered, ["switch"]);
});

test("where events cannot go on, the page clears and they begin anew", () => {
  const { channel, delivered, ears, follows } = makeChannel();
  channel.follow(["a"]);
  channel.suspend();
  channel.resume();
  ears.heard({ type: "anew", choice: 1 });
  assert.deepEqual(delivered, ["restart"]);
  assert.deepEqual(follows().at(-1), { type: "follow", choice: 2, sources: ["a"], filter: "" });
});

test("another worker hears all that the first one was told", () => {
  const { channel, posted, ears } = makeChannel();
  channel.setHidden(true);
  channel.follow(["a"]);
  posted.length = 0;
  ears.lost();
  assert.deepEqual(posted, [
    { type: "hidden", hidden: true },
    { type: "follow", choice: 2, sources: ["a"], filter: "" },
  ]);
});

test("without any worker the page says so", () => {
  const { channel, ears, state } = makeChannel();
  channel.follow(["a"]);
  ears.failed();
  assert.equal(state(), "refused");
});

test("a closed channel is silent", () => {
  const { channel, posted, delivered, ears } = makeChannel();
  channel.follow(["a"]);
  channel.close();
  assert.deepEqual(posted.at(-1), { type: "close" });
  ears.heard({ type: "events", choice: 1, events: [gap("a")], size: 7 });
  assert.deepEqual(delivered, []);
});
