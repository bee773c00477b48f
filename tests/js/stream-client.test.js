import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { StreamClient } from "../../static/js/net/stream-client.js";

/** @typedef {import("../../static/js/model/events.js").StreamEvent} StreamEvent */

const REST = "&levels=true&times=true&places=true&lag=1000";
const settle = () => new Promise((resolve) => setImmediate(resolve));

class FakeRequest {
  /** @type {(response: Response) => void} */
  #answer = () => {};
  /** @type {(error: Error) => void} */
  #fail = () => {};
  /** @type {ReadableStreamDefaultController<Uint8Array> | null} */
  #body = null;
  #encoder = new TextEncoder();

  /** @param {string} url @param {RequestInit} init */
  constructor(url, init) {
    this.url = url;
    this.signal = /** @type {AbortSignal} */ (init.signal);
    this.headers = new Headers(init.headers);
    this.response = new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#fail = reject;
    });
    this.signal.addEventListener("abort", () => this.fail(new DOMException("given up", "AbortError")));
  }

  get open() {
    return !this.signal.aborted;
  }

  async give() {
    const body = new ReadableStream({ start: (controller) => void (this.#body = controller) });
    await this.answer(200, body, { "content-type": "text/event-stream" });
  }

  /** @param {number} status @param {BodyInit | null} [body] @param {HeadersInit} [headers] */
  async answer(status, body = null, headers = {}) {
    this.#answer(new Response(body, { status, headers }));
    await settle();
  }

  /** @param {string | Uint8Array<ArrayBuffer>} chunk */
  async send(chunk) {
    this.#body?.enqueue(typeof chunk === "string" ? this.#encoder.encode(chunk) : chunk);
    await settle();
  }

  async finish() {
    this.#body?.close();
    await settle();
  }

  /** @param {Error} [error] */
  async fail(error = new TypeError("network error")) {
    this.#fail(error);
    if (this.#body) this.#body.error(error);
    await settle();
  }
}

/** @param {string} kind @param {object} data @param {string} [id] */
const event = (kind, data, id) => `event: ${kind}\ndata: ${JSON.stringify(data)}\n${id ? `id: ${id}\n` : ""}\n`;
/** @param {string} text @param {string} id */
const lines = (text, id) => event("lines", { source: "a", n: 1, lines: [text] }, id);

function makeClient() {
  /** @type {FakeRequest[]} */
  const requests = [];
  /** @type {{events: any[], cursor: string}[]} */
  const batches = [];
  /** @type {number[]} */
  const attempts = [];
  /** @type {{hold: Promise<void> | undefined}} */
  const reader = { hold: undefined };
  const client = new StreamClient(
    "/api/stream",
    (events, cursor) => {
      batches.push({ events, cursor });
      return reader.hold;
    },
    "",
    {
      fetch: (url, init) => requests[requests.push(new FakeRequest(url, init)) - 1].response,
      delay: (attempt) => (attempts.push(attempt), 1_000),
    },
  );
  const texts = () => batches.flatMap(({ events }) => events).flatMap((each) => each.lines ?? []);
  return { client, requests, batches, attempts, reader, texts, state: () => client.connection.value.name };
}

/** @param {number} milliseconds */
async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  await settle();
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});

test("a stream starts with the last lines and becomes live", async () => {
  const { client, requests, state } = makeClient();
  client.start(["a", "b"], "");
  assert.equal(state(), "connecting");
  assert.equal(requests[0].url, `/api/stream?source=a&source=b&from=-500${REST}`);
  assert.equal(requests[0].headers.get("accept"), "text/event-stream");
  await requests[0].give();
  assert.equal(state(), "live");
});

test("events of one read are received together, with the cursor after them", async () => {
  const { client, requests, batches } = makeClient();
  client.start(["a"], "");
  await requests[0].give();
  const gap = event("gap", { source: "a", reason: "lost", lines: null }, "c2");
  await requests[0].send(`retry: 3000\n\n${lines("x", "c1")}${gap}`);
  assert.deepEqual(batches, [
    {
      events: [
        { kind: "lines", source: "a", n: 1, lines: ["x"] },
        { kind: "gap", source: "a", reason: "lost", lines: null },
      ],
      cursor: "c2",
    },
  ]);
});

test("events are complete wherever the network splits the bytes", async () => {
  const text = `: ping\n\n${lines("gr\u00fc\u00dfe \u{1f600}", "c1")}${lines("two\r", "c2")}`;
  const bytes = new TextEncoder().encode(text);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    const { client, requests, batches, texts } = makeClient();
    client.start(["a"], "");
    await requests[0].give();
    await requests[0].send(bytes.slice(0, cut));
    await requests[0].send(bytes.slice(cut));
    assert.deepEqual(texts(), ["gr\u00fc\u00dfe \u{1f600}", "two\r"]);
    assert.equal(batches.at(-1)?.cursor, "c2");
    client.stop();
  }
});

test("a lost stream resumes at its cursor, even if the cursor came without an event", async () => {
  for (const last of [lines("x", "c1"), "id: c1\n\n"]) {
    const { client, requests, batches, state } = makeClient();
    client.start(["a"], "");
    await requests[0].give();
    await requests[0].send(last);
    assert.equal(batches[0].cursor, "c1");
    await requests[0].fail();
    assert.equal(state(), "reconnecting");
    await pass(1_000);
    assert.equal(requests[1].url, `/api/stream?source=a&from=-500&cursor=c1${REST}`);
    client.stop();
  }
});

test("events under one cursor are delivered with it", async () => {
  const { client, requests, batches, texts } = makeClient();
  client.start(["a"], "c0");
  await requests[0].give();
  await requests[0].send(lines("one", "") + lines("two", ""));
  assert.deepEqual(batches, []);
  await requests[0].send(lines("three", "c1") + lines("four", ""));
  assert.deepEqual(texts(), ["one", "two", "three"]);
  await requests[0].finish();
  await pass(1_000);
  assert.match(requests[1].url, /cursor=c1/);
  await requests[1].give();
  await requests[1].send(lines("four", "c2"));
  assert.deepEqual(texts(), ["one", "two", "three", "four"]);
});

test("an incomplete event is not delivered", async () => {
  const { client, requests, batches } = makeClient();
  client.start(["a"], "c0");
  await requests[0].give();
  await requests[0].send("event: lines\ndata: {\nid: c1\n");
  await requests[0].finish();
  assert.deepEqual(batches, []);
  await pass(1_000);
  assert.match(requests[1].url, /cursor=c0/);
});

test("invalid JSON breaks the stream, and its cursor is discarded", async () => {
  const { client, requests, batches, state } = makeClient();
  client.start(["a"], "c0");
  await requests[0].give();
  await requests[0].send("event: lines\ndata: <html>\nid: c1\n\n");
  assert.equal(state(), "reconnecting");
  assert.deepEqual(batches, []);
  await pass(1_000);
  assert.match(requests[1].url, /cursor=c0/);
});

test("unknown events are skipped", async () => {
  const { client, requests, batches } = makeClient();
  client.start(["a"], "");
  await requests[0].give();
  await requests[0].send(`event: weather\ndata: {}\n\ndata: {}\n\n${lines("x", "c1")}`);
  assert.deepEqual(batches[0].events, [{ kind: "lines", source: "a", n: 1, lines: ["x"] }]);
});

test("a complete stream is closed for good", async () => {
  const { client, requests, batches, state } = makeClient();
  client.start(["a"], "");
  await requests[0].give();
  await requests[0].send(event("end", { reason: "complete" }, "c9"));
  assert.equal(requests[0].open, false);
  await pass(600_000);
  assert.equal(requests.length, 1);
  assert.equal(state(), "ended");
  assert.deepEqual(batches[0].events, [{ kind: "end", reason: "complete" }]);
});

test("after a shutdown the stream resumes", async () => {
  const { client, requests } = makeClient();
  client.start(["a"], "");
  await requests[0].give();
  await requests[0].send(event("end", { reason: "shutdown" }, "c9"));
  assert.deepEqual(client.connection.value, { name: "server-ended", retryAt: 1_000 });
  await pass(1_000);
  assert.deepEqual(client.connection.value, { name: "server-ended", retryAt: null });
  assert.match(requests[1].url, /cursor=c9/);
});

test("a replaced stream delivers no more events", async () => {
  const { client, requests, batches, state } = makeClient();
  client.start(["a"], "");
  await requests[0].give();
  client.start(["b"], "");
  await requests[0].send(lines("late", "late")).catch(() => {});
  assert.equal(requests[0].open, false);
  assert.deepEqual(batches, []);
  assert.equal(state(), "connecting");
  assert.equal(requests.length, 2);
});

test("a late answer does not disturb the next stream", async () => {
  const { client, requests, state } = makeClient();
  client.start(["a"], "");
  client.start(["b"], "");
  await requests[0].answer(401);
  assert.equal(state(), "connecting");
});

test("a connection is dropped after three missing pings", async () => {
  const { client, requests, state } = makeClient();
  client.start(["a"], "");
  await requests[0].give();
  for (let ping = 0; ping < 5; ping += 1) {
    await pass(44_000);
    await requests[0].send(": ping\n\n");
  }
  assert.equal(state(), "live");
  await pass(45_000);
  assert.equal(state(), "reconnecting");
  assert.equal(requests[0].open, false);
});

test("an unanswered request is dropped too", async () => {
  const { client, requests, state } = makeClient();
  client.start(["a"], "");
  await pass(45_000);
  assert.equal(requests[0].open, false);
  assert.equal(state(), "reconnecting");
});

test("nothing is read while the receiver is busy, and that time is not silence", async () => {
  const { client, requests, reader, texts, state } = makeClient();
  /** @type {() => void} */
  let proceed = () => {};
  reader.hold = new Promise((resolve) => (proceed = resolve));
  client.start(["a"], "");
  await requests[0].give();
  await requests[0].send(lines("one", "c1"));
  await requests[0].send(lines("two", "c2"));
  await pass(600_000);
  assert.deepEqual(texts(), ["one"]);
  assert.equal(state(), "live");
  proceed();
  await settle();
  assert.deepEqual(texts(), ["one", "two"]);
});

test("failed attempts wait longer each time", async () => {
  const { client, requests, attempts } = makeClient();
  client.start(["a"], "");
  for (let round = 0; round < 4; round += 1) {
    await requests[round].fail();
    await pass(1_000);
  }
  assert.deepEqual(attempts, [0, 1, 2, 3]);
});

test("a stable stream resets the back-off", async () => {
  const { client, requests, attempts } = makeClient();
  client.start(["a"], "");
  for (let round = 0; round < 3; round += 1) {
    await requests[round].give();
    await pass(6_000);
    await requests[round].fail();
    await pass(1_000);
  }
  assert.deepEqual(attempts, [0, 0, 0]);
});

test("some answers are final", async () => {
  /** @type {[number, string][]} */
  const finals = [
    [204, "ended"],
    [401, "signed-out"],
    [403, "refused"],
    [404, "refused"],
    [422, "refused"],
  ];
  for (const [status, name] of finals) {
    const { client, requests, state } = makeClient();
    client.start(["a"], "");
    await requests[0].answer(status, status === 204 ? null : '{"detail": "because"}');
    await pass(600_000);
    assert.equal(state(), name);
    if (name === "refused") assert.deepEqual(client.connection.value, { name, detail: "because" });
    assert.equal(requests.length, 1);
  }
});

test("a busy server is retried after Retry-After", async () => {
  const { client, requests } = makeClient();
  client.start(["a"], "");
  await requests[0].answer(503, null, { "retry-after": "7" });
  await pass(6_999);
  assert.equal(requests.length, 1);
  await pass(1);
  assert.equal(requests.length, 2);
});

test("retryNow skips the delay", async () => {
  const { client, requests } = makeClient();
  client.start(["a"], "");
  client.retryNow();
  assert.equal(requests.length, 1);
  await requests[0].fail();
  client.retryNow();
  assert.equal(requests.length, 2);
  await requests[1].give();
  await pass(20_000);
  assert.equal(requests.length, 2);
});

test("a stopped stream is idle", async () => {
  const { client, requests, state } = makeClient();
  client.start(["a"], "");
  await requests[0].fail();
  client.stop();
  await pass(600_000);
  assert.equal(state(), "idle");
  assert.equal(requests.length, 1);
});
