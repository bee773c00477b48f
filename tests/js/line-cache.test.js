import assert from "node:assert/strict";
import { test } from "node:test";

import { LineCache } from "../../static/js/model/line-cache.js";
import { random } from "./random.js";

/** @param {number} from @param {number} count @param {string} [mark] */
const some = (from, count, mark = "") =>
  Array.from({ length: count }, (_, offset) => /** @type {any} */ ({ text: `${mark}${from + offset}`, at: null }));

test("lines are at their indexes, and newer lines replace older ones", () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const { below } = random(seed);
    const window = new LineCache();
    const truth = new Map();
    for (let step = 0; step < 60; step += 1) {
      const [start, count] = [below(5_000), 1 + below(1_500)];
      const lines = some(start, count, `${step}:`);
      window.put(start, lines);
      lines.forEach((line, offset) => truth.set(start + offset, line.text));
      if (below(8) === 0) {
        const delta = below(100);
        window.shift(delta);
        const moved = [...truth].map(([index, text]) => /** @type {[number, string]} */ ([index + delta, text]));
        truth.clear();
        for (const [index, text] of moved) truth.set(index, text);
      }
    }
    assert.equal(window.lines, truth.size);
    for (let index = 0; index < 8_000; index += 1) assert.equal(window.get(index)?.text, truth.get(index));
    assert.equal(window.start, Math.min(...truth.keys()));
  }
});

test("single lines form few segments", () => {
  const window = new LineCache();
  for (let index = 0; index < 5_000; index += 1) window.put(index, some(index, 1));
  assert.equal(window.takeAll().length, 5);
});

test("the least recently used segments are dropped first, never the last one", () => {
  const window = new LineCache();
  for (const start of [0, 10_000, 20_000, 30_000]) window.put(start, some(start, 1_000));
  window.get(10_500);
  window.trim({ lines: 2_000, characters: Infinity });
  assert.deepEqual(
    [0, 10_000, 20_000, 30_000].map((index) => window.has(index)),
    [false, true, false, true],
  );
});

test("characters are limited too", () => {
  const window = new LineCache();
  for (const start of [0, 2_000, 4_000]) window.put(start, [/** @type {any} */ ({ text: "x".repeat(1_000), at: null })]);
  window.trim({ lines: Infinity, characters: 2_500 });
  assert.equal(window.lines, 2);
});

test("the nearest cursors are found", () => {
  const window = new LineCache();
  const lines = some(100, 50);
  lines[10].at = "here";
  window.put(100, lines);
  assert.equal(window.firstWithCursor(90)?.index, 110);
  assert.equal(window.firstWithCursor(111), null);
  assert.equal(window.lastWithCursor(149)?.index, 110);
  assert.equal(window.lastWithCursor(109), null);
  assert.equal(window.lastWithCursor(150), null);
});
