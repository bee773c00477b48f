import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { readAnswer } from "../../static/js/net/probe.js";
import { StreamClient } from "../../static/js/net/stream-client.js";

/** @typedef {import("../../static/js/net/probe.js").Answer} Answer */

const [CONNECTING, OPEN, CLOSED] = [0, 1, 2];

class FakeSource extends EventTarget {
  readyState = CONNECTING;

  /** @param {string} url */
  constructor(url) {
    super();
    this.url = url;
  }

  close() {
    this.readyState = CLOSED;
  }

  open() {
    this.readyState = OPEN;
    this.dispatchEvent(new Event("open"));
  }

  /** @param {number} readyState */
  fail(readyState) {
    this.readyState = readyState;
    this.dispatchEvent(new Event("error"));
  }

  /** @param {string} kind @param {object} data @param {string} [lastEventId] */
  say(kind, data, lastEventId = "") {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data), lastEventId }));
  }
}

/** @param {Answer} [answer] what a probe finds */
function makeClient(answer = { verdict: "given" }) {
  /** @type {FakeSource[]} */
  const opened = [];
  /** @type {object[]} */
  const delivered = [];
  /** @type {number[]} */
  const attempts = [];
  /** @type {string[]} */
  const probed = [];
  const client = new StreamClient("/api/stream", (event) => void delivered.push(event), {
    open: (url) => opened[opened.push(new FakeSource(url)) - 1],
    probe: async (url) => (probed.push(url), answer),
    delay: (attempt) => (attempts.push(attempt), 1_000),
  });
  return { client, opened, delivered, attempts, probed, state: () => client.connection.value.name };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});

test("it begins with the last lines and is live once open", () => {
  const { client, opened, state } = makeClient();
  client.follow(["a", "b"]);
  assert.equal(state(), "connecting");
  opened[0].open();
  assert.equal(state(), "live");
  assert.equal(opened[0].url, "/api/stream?source=a&source=b&from=-500");
});

test("events arrive with their kind", () => {
  const { client, opened, delivered } = makeClient();
  client.follow(["a"]);
  opened[0].say("gap", { source: "a", reason: "lost", lines: null });
  assert.deepEqual(delivered, [{ kind: "gap", source: "a", reason: "lost", lines: null }]);
});

test("a lost stream is resumed after its cursor", () => {
  const { client, opened, state } = makeClient();
  client.follow(["a"]);
  opened[0].open();
  opened[0].say("lines", { source: "a", n: 1, lines: ["x"] }, "c1");
  opened[0].fail(CONNECTING);
  assert.equal(state(), "reconnecting");
  assert.equal(opened[0].readyState, CLOSED);
  mock.timers.tick(1_000);
  assert.equal(opened[1].url, "/api/stream?source=a&cursor=c1");
});

test("without a cursor the browser, which may know one, reconnects by itself", () => {
  const { client, opened, state } = makeClient();
  client.follow(["a"]);
  opened[0].fail(CONNECTING);
  mock.timers.tick(60_000);
  assert.equal(opened.length, 1);
  assert.equal(opened[0].readyState, CONNECTING);
  assert.equal(state(), "reconnecting");
});

test("a complete stream is closed for good", () => {
  const { client, opened, state, delivered } = makeClient();
  client.follow(["a"]);
  opened[0].say("end", { reason: "complete" }, "c9");
  assert.equal(opened[0].readyState, CLOSED);
  mock.timers.tick(600_000);
  assert.equal(opened.length, 1);
  assert.equal(state(), "ended");
  assert.deepEqual(delivered, [{ kind: "end", reason: "complete" }]);
});

test("after a shutdown it comes back where it was", () => {
  const { client, opened } = makeClient();
  client.follow(["a"]);
  opened[0].say("end", { reason: "shutdown" }, "c9");
  assert.deepEqual(client.connection.value, { name: "server-ended", at: 1_000 });
  mock.timers.tick(1_000);
  assert.deepEqual(client.connection.value, { name: "server-ended", at: null });
  assert.equal(opened[1].url, "/api/stream?source=a&cursor=c9");
});

test("a replaced stream can say nothing any more", () => {
  const { client, opened, delivered, state } = makeClient();
  client.follow(["a"]);
  client.follow(["b"]);
  opened[0].open();
  opened[0].say("lines", { source: "a", n: 1, lines: ["late"] }, "late");
  opened[0].say("end", { reason: "complete" });
  opened[0].fail(CLOSED);
  assert.equal(opened[0].readyState, CLOSED);
  assert.deepEqual(delivered, []);
  assert.equal(state(), "connecting");
  assert.equal(opened.length, 2);
});

test("other sources begin anew, not at the old cursor", () => {
  const { client, opened } = makeClient();
  client.follow(["a"]);
  opened[0].say("lines", { source: "a", n: 1, lines: ["x"] }, "c1");
  client.follow(["b"]);
  assert.equal(opened[1].url, "/api/stream?source=b&from=-500");
});

test("without sources nothing is open", () => {
  const { client, opened, state } = makeClient();
  client.follow(["a"]);
  client.follow([]);
  assert.equal(opened[0].readyState, CLOSED);
  assert.equal(opened.length, 1);
  assert.equal(state(), "idle");
});

test("tries that fail at once wait longer each time", async () => {
  const { client, opened, attempts } = makeClient();
  client.follow(["a"]);
  for (let round = 0; round < 4; round += 1) {
    opened[round].say("lines", { source: "a", n: 1, lines: ["x"] }, "c1");
    opened[round].fail(CONNECTING);
    mock.timers.tick(1_000);
  }
  assert.deepEqual(attempts, [0, 1, 2, 3]);
});

test("a stream that held for a while starts the waiting over", () => {
  const { client, opened, attempts } = makeClient();
  client.follow(["a"]);
  for (let round = 0; round < 3; round += 1) {
    opened[round].open();
    opened[round].say("lines", { source: "a", n: 1, lines: ["x"] }, "c1");
    mock.timers.tick(6_000);
    opened[round].fail(CONNECTING);
    mock.timers.tick(1_000);
  }
  assert.deepEqual(attempts, [0, 0, 0]);
});

test("a refusal is asked for its reason, with the stream's own URL", async () => {
  const { client, opened, probed } = makeClient({ verdict: "refused", detail: "unknown source 'a'" });
  client.follow(["a"]);
  opened[0].fail(CLOSED);
  await settle();
  assert.deepEqual(probed, ["/api/stream?source=a&from=-500"]);
  assert.deepEqual(client.connection.value, { name: "refused", detail: "unknown source 'a'" });
  mock.timers.tick(600_000);
  assert.equal(opened.length, 1);
});

test("signed out stops", async () => {
  const { client, opened, state } = makeClient({ verdict: "signed-out" });
  client.follow(["a"]);
  opened[0].fail(CLOSED);
  await settle();
  mock.timers.tick(600_000);
  assert.equal(state(), "signed-out");
  assert.equal(opened.length, 1);
});

test("a busy server is tried again, not before it said", async () => {
  const { client, opened } = makeClient({ verdict: "unavailable", retryAfter: 7_000 });
  client.follow(["a"]);
  opened[0].fail(CLOSED);
  await settle();
  mock.timers.tick(6_999);
  assert.equal(opened.length, 1);
  mock.timers.tick(1);
  assert.equal(opened.length, 2);
});

test("a probe that comes back late does not disturb the next stream", async () => {
  const { client, opened, state } = makeClient({ verdict: "signed-out" });
  client.follow(["a"]);
  opened[0].fail(CLOSED);
  client.follow(["b"]);
  await settle();
  assert.equal(state(), "connecting");
});

test("the reader need not wait", () => {
  const { client, opened } = makeClient();
  client.follow(["a"]);
  opened[0].say("end", { reason: "shutdown" }, "c1");
  client.retryNow();
  assert.equal(opened.length, 2);
  mock.timers.tick(600_000);
  assert.equal(opened.length, 2);
});

test("a page that was put away goes on at its cursor, but not after the end", () => {
  const { client, opened } = makeClient();
  client.follow(["a"]);
  opened[0].open();
  opened[0].say("lines", { source: "a", n: 1, lines: ["x"] }, "c1");
  client.suspend();
  assert.equal(opened[0].readyState, CLOSED);
  client.resume();
  assert.equal(opened[1].url, "/api/stream?source=a&cursor=c1");
  opened[1].say("end", { reason: "complete" });
  client.suspend();
  client.resume();
  assert.equal(opened.length, 2);
});

/** @param {number} status @param {BodyInit | null} [body] @param {HeadersInit} [headers] */
const answerTo = (status, body = null, headers = {}) => readAnswer(new Response(body, { status, headers }));

test("a status is understood", async () => {
  assert.deepEqual(await answerTo(200), { verdict: "given" });
  assert.deepEqual(await answerTo(204), { verdict: "ended" });
  assert.deepEqual(await answerTo(401), { verdict: "signed-out" });
  for (const status of [408, 425, 429, 500, 503]) assert.equal((await answerTo(status)).verdict, "unavailable");
  for (const status of [403, 404, 410, 422]) assert.equal((await answerTo(status)).verdict, "refused");
});

test("Retry-After is heeded in seconds, within reason", async () => {
  assert.deepEqual(await answerTo(503, null, { "retry-after": "12" }), { verdict: "unavailable", retryAfter: 12_000 });
  assert.deepEqual(await answerTo(503, null, { "retry-after": "9e9" }), {
    verdict: "unavailable",
    retryAfter: 300_000,
  });
  assert.deepEqual(await answerTo(503, null, { "retry-after": "soon" }), { verdict: "unavailable", retryAfter: 0 });
});

test("a refusal is told in the server's words, or else by its number", async () => {
  const detail = async (/** @type {string} */ body) => {
    const answer = await answerTo(422, body);
    return answer.verdict === "refused" && answer.detail;
  };
  assert.equal(await detail('{"detail": "cursor: not one of ours"}'), "cursor: not one of ours");
  assert.equal(await detail('{"detail": [{"loc": ["query", "from"], "msg": "bad from"}]}'), "bad from");
  assert.equal(await detail("<html>"), "the server answered 422");
});
