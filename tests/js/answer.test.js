import assert from "node:assert/strict";
import { test } from "node:test";
import { fetchEventStream, readAnswer } from "../../static/js/net/answer.js";

const STREAM = { "content-type": "text/event-stream; charset=utf-8" };

/** @param {number} status @param {BodyInit | null} [body] @param {HeadersInit} [headers] */
const answerTo = (status, body = null, headers = {}) => readAnswer(new Response(body, { status, headers }));

test("a status is understood", async () => {
  assert.equal((await answerTo(200, "", STREAM)).verdict, "given");
  assert.deepEqual(await answerTo(204), { verdict: "ended" });
  assert.deepEqual(await answerTo(401), { verdict: "signed-out" });
  for (const status of [408, 425, 429, 500, 502, 503]) assert.equal((await answerTo(status)).verdict, "unavailable");
  for (const status of [400, 403, 404, 410, 421, 422]) assert.equal((await answerTo(status)).verdict, "refused");
});

test("what is no event stream is refused", async () => {
  const page = await answerTo(200, "<html>", { "content-type": "text/html" });
  assert.deepEqual(page, { verdict: "refused", detail: "unexpected answer: text/html instead of an event stream" });
});

test("Retry-After is heeded in seconds, within reason", async () => {
  const waits = { 12: 12_000, "9e9": 300_000, soon: 0, "-1": 0 };
  for (const [header, retryAfter] of Object.entries(waits)) {
    assert.deepEqual(await answerTo(503, null, { "retry-after": header }), { verdict: "unavailable", retryAfter });
  }
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

test("without a network there is no answer yet", async () => {
  const answer = await fetchEventStream("/", new AbortController().signal, async () => {
    throw new TypeError("Failed to fetch");
  });
  assert.deepEqual(answer, { verdict: "unavailable", retryAfter: 0 });
});
