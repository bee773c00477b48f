import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffDelay } from "../../static/js/net/backoff.js";

const HIGHEST = () => 1 - Number.EPSILON;

test("the upper limit doubles from one second", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((attempt) => Math.round(backoffDelay(attempt, HIGHEST) / 1000)),
    [1, 2, 4, 8],
  );
});

test("the upper limit stays at thirty seconds", () => {
  for (const attempt of [5, 6, 40, 5_000]) assert.equal(Math.ceil(backoffDelay(attempt, HIGHEST) / 1000), 30);
});

test("jitter is full: any delay up to the limit is possible", () => {
  assert.equal(
    backoffDelay(4, () => 0.5),
    8_000,
  );
  assert.equal(
    backoffDelay(4, () => 0.1),
    1_600,
  );
});

test("an attempt is never repeated at once", () => {
  assert.equal(
    backoffDelay(0, () => 0),
    250,
  );
});
