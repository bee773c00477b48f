import assert from "node:assert/strict";
import { test } from "node:test";

import { ScrollMap } from "../../static/js/list/scroll-map.js";

const ROW = 20;
const VIEW = 780;

for (const rows of [0, 1, 30, 39, 40, 1_000, 199_999, 200_000, 200_001, 1_000_000, 100_000_000]) {
  const map = new ScrollMap(rows * ROW, VIEW);

  test(`${rows} rows: both ends are reached`, () => {
    assert.equal(map.toOffset(0), 0);
    assert.equal(map.toOffset(map.range), map.last);
    assert.equal(map.toTop(0), 0);
    assert.equal(map.toTop(map.last), map.range);
    assert.equal(map.last, Math.max(0, rows * ROW - VIEW));
  });

  test(`${rows} rows: an offset converts both ways`, () => {
    for (let part = 0; part <= 1; part += 0.001) {
      const offset = map.last * part;
      assert.ok(Math.abs(map.toOffset(map.toTop(offset)) - offset) < 0.01);
    }
  });

  test(`${rows} rows: the mapping is monotonic`, () => {
    let before = -1;
    for (let top = 0; top <= map.range; top += Math.max(1, map.range / 5_000)) {
      assert.ok(map.toOffset(top) >= before);
      before = map.toOffset(top);
    }
  });

  test(`${rows} rows: the canvas is within browser limits`, () => assert.ok(map.canvas <= 4_000_000));
}

test("near both ends a scrolled pixel is a pixel of content", () => {
  const map = new ScrollMap(100_000_000 * ROW, VIEW);
  assert.equal(map.toOffset(12_345), 12_345);
  assert.equal(map.toOffset(map.range - 12_345), map.last - 12_345);
  assert.equal(map.isCompressed(12_345), false);
  assert.equal(map.isCompressed(2_000_000), true);
});

test("content that fits the canvas is mapped one to one", () => {
  const map = new ScrollMap(4_000_000, VIEW);
  assert.equal(map.isExact, true);
  assert.equal(map.toOffset(2_000_000), 2_000_000);
});
