import assert from "node:assert/strict";
import { test } from "node:test";
import { Bookmarks } from "../../static/js/model/bookmarks.js";

/** @typedef {import("../../static/js/model/bookmarks.js").Bookmark} Bookmark */

/** @param {Record<string, string>} [kept] */
function makeStore(kept = {}) {
  return {
    kept,
    getItem: (/** @type {string} */ key) => kept[key] ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void (kept[key] = value),
  };
}

/**
 * @param {number | null} n
 * @param {Partial<Bookmark>} [rest]
 * @returns {Bookmark}
 */
const line = (n, rest) => ({ source: "a", file: "f", at: `at${n}`, n, time: null, text: `line ${n}`, ...rest });

test("a bookmark is added, found and removed", () => {
  const marks = new Bookmarks(makeStore());
  assert.equal(marks.toggle(line(3)), true);
  assert.ok(marks.has(line(3)));
  assert.ok(!marks.has(line(4)));
  assert.ok(!marks.has(line(3, { source: "b" })));
  assert.equal(marks.toggle(line(3)), false);
  assert.ok(!marks.has(line(3)));
});

test("a line is recognized by a cursor with more hashes", () => {
  const marks = new Bookmarks(null);
  marks.toggle(line(3, { text: "x".repeat(1_000) }));
  assert.ok(marks.has({ source: "a", at: "another", n: 3, text: "x".repeat(900) }));
  assert.ok(marks.has({ source: "a", at: null, n: 3, text: "x".repeat(900) }));
  assert.ok(!marks.has({ source: "a", at: null, n: 3, text: "of the file that came after it" }));
  assert.ok(!marks.has({ source: "a", at: null, n: null, text: "x".repeat(900) }));
});

test("bookmarks are stored with shortened text", () => {
  const store = makeStore();
  new Bookmarks(store).toggle(line(3, { text: "x".repeat(1_000) }));
  const [kept] = new Bookmarks(store).all.value;
  assert.equal(kept.text, "x".repeat(200));
  assert.deepEqual({ ...kept, text: "" }, { ...line(3), text: "" });
});

test("reload reads bookmarks of another tab", () => {
  const store = makeStore();
  const marks = new Bookmarks(store);
  new Bookmarks(store).toggle(line(3));
  marks.reload();
  assert.ok(marks.has(line(3)));
});

test("invalid stored data is ignored", () => {
  for (const text of ["{", "3", "null", '[null, 3, {"source": "a"}]']) {
    assert.deepEqual(new Bookmarks(makeStore({ "logviewer.bookmarks": text })).all.value, []);
  }
});

test("bookmarks work with full storage", () => {
  const setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const marks = new Bookmarks({ getItem: () => null, setItem });
  marks.toggle(line(1));
  assert.ok(marks.has(line(1)));
});

test("the oldest bookmarks are dropped above the limit", () => {
  const marks = new Bookmarks(null);
  for (let n = 1; n <= 501; n += 1) marks.toggle(line(n));
  assert.equal(marks.all.value.length, 500);
  assert.ok(!marks.has(line(1)));
});

test("next and previous go by position, not by age", () => {
  const marks = new Bookmarks(null);
  for (const n of [30, 10, 20]) marks.toggle(line(n));
  marks.toggle(line(15, { source: "b" }));
  assert.equal(marks.next(["a"], line(10))?.n, 20);
  assert.equal(marks.next(["a"], line(12))?.n, 20);
  assert.equal(marks.next(["a"], line(30)), null);
  assert.equal(marks.previous(["a"], line(30))?.n, 20);
  assert.equal(marks.previous(["a"], line(10)), null);
  assert.equal(marks.next(["a", "b"], line(10))?.n, 15);
});

test("bookmarks of different files are ordered by time", () => {
  const marks = new Bookmarks(null);
  marks.toggle(line(5, { file: "new", time: 2_000 }));
  marks.toggle(line(900, { file: "old", time: 1_000 }));
  assert.deepEqual(
    marks.of(["a"]).map(({ n }) => n),
    [900, 5],
  );
  assert.equal(marks.next(["a"], line(900, { file: "old", time: 1_000 }))?.n, 5);
});
