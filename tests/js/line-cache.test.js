import assert from "node:assert/strict";
import { test } from "node:test";

import { LineCache } from "../../static/js/model/line-cache.js";
import { random } from "./random.js";

/** @param {number} from @param {number} count @param {string} [prefix] */
const linesFrom = (from, count, prefix = "") =>
  Array.from({ length: count }, (_, offset) => /** @type {any} */ ({ text: `${prefix}${from + offset}`, at: null }));

test("lines are at their indexes, and newer lines replace older ones", () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const { below } = random(seed);
    const cache = new LineCache();
    const expected = new Map();
    for (let step = 0; step < 60; step += 1) {
      const [start, count] = [below(5_000), 1 + below(1_500)];
      const lines = linesFrom(start, count, `${step}:`);
      cache.put(start, lines);
      lines.forEach((line, offset) => expected.set(start + offset, line.text));
      if (below(8) === 0) {
        const delta = below(100);
        cache.shift(delta);
        const moved = [...expected].map(([index, text]) => /** @type {[number, string]} */ ([index + delta, text]));
        expected.clear();
        for (const [index, text] of moved) expected.set(index, text);
      }
    }
    assert.equal(cache.lines, expected.size);
    for (let index = 0; index < 8_000; index += 1) assert.equal(cache.get(index)?.text, expected.get(index));
    assert.equal(cache.start, Math.min(...expected.keys()));
  }
});

test("single lines form few segments", () => {
  const cache = new LineCache();
  for (let index = 0; index < 5_000; index += 1) cache.put(index, linesFrom(index, 1));
  assert.equal(cache.takeAll().length, 5);
});

test("the least recently used segments are dropped first, never the last one", () => {
  const cache = new LineCache();
  for (const start of [0, 10_000, 20_000, 30_000]) cache.put(start, linesFrom(start, 1_000));
  cache.get(10_500);
  cache.trim({ lines: 2_000, characters: Infinity });
  assert.deepEqual(
    [0, 10_000, 20_000, 30_000].map((index) => cache.has(index)),
    [false, true, false, true],
  );
});

test("characters are limited too", () => {
  const cache = new LineCache();
  for (const start of [0, 2_000, 4_000]) cache.put(start, [/** @type {any} */ ({ text: "x".repeat(1_000), at: null })]);
  cache.trim({ lines: Infinity, characters: 2_500 });
  assert.equal(cache.lines, 2);
});

test("the nearest cursors are found", () => {
  const cache = new LineCache();
  const lines = linesFrom(100, 50);
  lines[10].at = "here";
  cache.put(100, lines);
  assert.equal(cache.firstWithCursor(90)?.index, 110);
  assert.equal(cache.firstWithCursor(111), null);
  assert.equal(cache.lastWithCursor(149)?.index, 110);
  assert.equal(cache.lastWithCursor(109), null);
  assert.equal(cache.lastWithCursor(150), null);
});
