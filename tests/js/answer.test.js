import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchEventStream, readAnswer } from "../../static/js/net/answer.js";

const STREAM = { "content-type": "text/event-stream; charset=utf-8" };

/** @param {number} status @param {BodyInit | null} [body] @param {HeadersInit} [headers] */
const answerTo = (status, body = null, headers = {}) => readAnswer(new Response(body, { status, headers }));

test("each status maps to one kind of answer", async () => {
  assert.equal((await answerTo(200, "", STREAM)).kind, "stream");
  assert.deepEqual(await answerTo(204), { kind: "ended" });
  assert.deepEqual(await answerTo(401), { kind: "signed-out" });
  for (const status of [408, 425, 429, 500, 502, 503]) assert.equal((await answerTo(status)).kind, "unavailable");
  for (const status of [400, 403, 404, 410, 421, 422]) assert.equal((await answerTo(status)).kind, "refused");
});

test("an answer that is not an event stream is refused", async () => {
  const page = await answerTo(200, "<html>", { "content-type": "text/html" });
  assert.deepEqual(page, { kind: "refused", detail: "unexpected answer: text/html instead of an event stream" });
});

test("Retry-After is read in seconds, with an upper limit", async () => {
  const waits = { 12: 12_000, "9e9": 300_000, soon: 0, "-1": 0 };
  for (const [header, retryAfter] of Object.entries(waits)) {
    assert.deepEqual(await answerTo(503, null, { "retry-after": header }), { kind: "unavailable", retryAfter });
  }
});

test("a refusal has the server's message, otherwise the status code", async () => {
  const detail = async (/** @type {string} */ body) => {
    const answer = await answerTo(422, body);
    return answer.kind === "refused" && answer.detail;
  };
  assert.equal(await detail('{"detail": "cursor: not one of ours"}'), "cursor: not one of ours");
  assert.equal(await detail('{"detail": [{"loc": ["query", "from"], "msg": "bad from"}]}'), "bad from");
  assert.equal(await detail("<html>"), "the server answered 422");
});

test("without a network the server is unavailable", async () => {
  const answer = await fetchEventStream("/", new AbortController().signal, async () => {
    throw new TypeError("Failed to fetch");
  });
  assert.deepEqual(answer, { kind: "unavailable", retryAfter: 0 });
});
