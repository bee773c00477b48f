import assert from "node:assert/strict";
import { test } from "node:test";
import { Bookmarks } from "../../static/js/model/bookmarks.js";

/** @typedef {import("../../static/js/model/bookmarks.js").Bookmark} Bookmark */

/** @param {Record<string, string>} [stored] */
function makeStore(stored = {}) {
  return {
    stored,
    getItem: (/** @type {string} */ key) => stored[key] ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void (stored[key] = value),
  };
}

/**
 * @param {number | null} n
 * @param {Partial<Bookmark>} [rest]
 * @returns {Bookmark}
 */
const line = (n, rest) => ({ source: "a", file: "f", at: `at${n}`, n, time: null, text: `line ${n}`, ...rest });

test("a bookmark is added, found and removed", () => {
  const bookmarks = new Bookmarks(makeStore());
  assert.equal(bookmarks.toggle(line(3)), true);
  assert.ok(bookmarks.has(line(3)));
  assert.ok(!bookmarks.has(line(4)));
  assert.ok(!bookmarks.has(line(3, { source: "b" })));
  assert.equal(bookmarks.toggle(line(3)), false);
  assert.ok(!bookmarks.has(line(3)));
});

test("a line is recognized by a cursor with more hashes", () => {
  const bookmarks = new Bookmarks(null);
  bookmarks.toggle(line(3, { text: "x".repeat(1_000) }));
  assert.ok(bookmarks.has({ source: "a", at: "another", n: 3, text: "x".repeat(900) }));
  assert.ok(bookmarks.has({ source: "a", at: null, n: 3, text: "x".repeat(900) }));
  assert.ok(!bookmarks.has({ source: "a", at: null, n: 3, text: "of the file that came after it" }));
  assert.ok(!bookmarks.has({ source: "a", at: null, n: null, text: "x".repeat(900) }));
});

test("bookmarks are stored with shortened text", () => {
  const store = makeStore();
  new Bookmarks(store).toggle(line(3, { text: "x".repeat(1_000) }));
  const [stored] = new Bookmarks(store).all.value;
  assert.equal(stored.text, "x".repeat(200));
  assert.deepEqual({ ...stored, text: "" }, { ...line(3), text: "" });
});

test("reload reads bookmarks of another tab", () => {
  const store = makeStore();
  const bookmarks = new Bookmarks(store);
  new Bookmarks(store).toggle(line(3));
  bookmarks.reload();
  assert.ok(bookmarks.has(line(3)));
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
  const bookmarks = new Bookmarks({ getItem: () => null, setItem });
  bookmarks.toggle(line(1));
  assert.ok(bookmarks.has(line(1)));
});

test("the oldest bookmarks are dropped above the limit", () => {
  const bookmarks = new Bookmarks(null);
  for (let n = 1; n <= 501; n += 1) bookmarks.toggle(line(n));
  assert.equal(bookmarks.all.value.length, 500);
  assert.ok(!bookmarks.has(line(1)));
});

test("next and previous go by position, not by age", () => {
  const bookmarks = new Bookmarks(null);
  for (const n of [30, 10, 20]) bookmarks.toggle(line(n));
  bookmarks.toggle(line(15, { source: "b" }));
  assert.equal(bookmarks.next(["a"], line(10))?.n, 20);
  assert.equal(bookmarks.next(["a"], line(12))?.n, 20);
  assert.equal(bookmarks.next(["a"], line(30)), null);
  assert.equal(bookmarks.previous(["a"], line(30))?.n, 20);
  assert.equal(bookmarks.previous(["a"], line(10)), null);
  assert.equal(bookmarks.next(["a", "b"], line(10))?.n, 15);
});

test("bookmarks of different files are ordered by time", () => {
  const bookmarks = new Bookmarks(null);
  bookmarks.toggle(line(5, { file: "new", time: 2_000 }));
  bookmarks.toggle(line(900, { file: "old", time: 1_000 }));
  assert.deepEqual(
    bookmarks.of(["a"]).map(({ n }) => n),
    [900, 5],
  );
  assert.equal(bookmarks.next(["a"], line(900, { file: "old", time: 1_000 }))?.n, 5);
});
