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

test("a line is marked, found again and unmarked", () => {
  const marks = new Bookmarks(makeStore());
  assert.equal(marks.toggle(line(3)), true);
  assert.ok(marks.has(line(3)));
  assert.ok(!marks.has(line(4)));
  assert.ok(!marks.has(line(3, { source: "b" })));
  assert.equal(marks.toggle(line(3)), false);
  assert.ok(!marks.has(line(3)));
});

test("a line is the same when its cursor says more of it than before", () => {
  const marks = new Bookmarks(null);
  marks.toggle(line(3, { text: "x".repeat(1_000) }));
  assert.ok(marks.has({ source: "a", at: "another", n: 3, text: "x".repeat(900) }));
  assert.ok(marks.has({ source: "a", at: null, n: 3, text: "x".repeat(900) }));
  assert.ok(!marks.has({ source: "a", at: null, n: 3, text: "of the file that came after it" }));
  assert.ok(!marks.has({ source: "a", at: null, n: null, text: "x".repeat(900) }));
});

test("they are kept in the storage, shortened", () => {
  const store = makeStore();
  new Bookmarks(store).toggle(line(3, { text: "x".repeat(1_000) }));
  const [kept] = new Bookmarks(store).all.value;
  assert.equal(kept.text, "x".repeat(200));
  assert.deepEqual({ ...kept, text: "" }, { ...line(3), text: "" });
});

test("what another tab marks is here after a reload", () => {
  const store = makeStore();
  const marks = new Bookmarks(store);
  new Bookmarks(store).toggle(line(3));
  marks.reload();
  assert.ok(marks.has(line(3)));
});

test("nonsense in the storage is no bookmark", () => {
  for (const text of ["{", "3", "null", '[null, 3, {"source": "a"}]']) {
    assert.deepEqual(new Bookmarks(makeStore({ "logviewer.bookmarks": text })).all.value, []);
  }
});

test("they work with a full storage", () => {
  const setItem = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  const marks = new Bookmarks({ getItem: () => null, setItem });
  marks.toggle(line(1));
  assert.ok(marks.has(line(1)));
});

test("past the bound the oldest goes", () => {
  const marks = new Bookmarks(null);
  for (let n = 1; n <= 501; n += 1) marks.toggle(line(n));
  assert.equal(marks.all.value.length, 500);
  assert.ok(!marks.has(line(1)));
});

test("the next and the previous one are by place, not by when they were made", () => {
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

test("across files it is the time that counts, as numbers begin anew", () => {
  const marks = new Bookmarks(null);
  marks.toggle(line(5, { file: "new", time: 2_000 }));
  marks.toggle(line(900, { file: "old", time: 1_000 }));
  assert.deepEqual(
    marks.of(["a"]).map(({ n }) => n),
    [900, 5],
  );
  assert.equal(marks.next(["a"], line(900, { file: "old", time: 1_000 }))?.n, 5);
});
