import assert from "node:assert/strict";
import { test } from "node:test";
import { Feed } from "../../static/js/model/feed.js";

/** @typedef {import("../../static/js/model/events.js").SourceState} SourceState */

const BOUND = { lines: 2, characters: 1e6 };

/** @param {Feed} feed @param {...SourceState} states */
const tell = (feed, ...states) => states.forEach((state) => feed.accept({ kind: "source", source: "app", state }));

/** @param {Feed} feed */
const shownStates = (feed) => feed.pending.take(99).flatMap((row) => (row.kind === "source" ? [row.state] : []));

test("received counts every line, also those that are skipped", () => {
  const feed = new Feed(BOUND);
  feed.accept({ kind: "lines", source: "app", n: 1, lines: ["a", "b", "c"] });
  assert.equal(feed.received, 3);
  assert.equal(feed.pending.lines, 2);
});

test("the state that a stream begins with is no news", () => {
  const feed = new Feed(BOUND);
  tell(feed, "missing");
  assert.deepEqual(shownStates(feed), []);
});

test("a change of state is a row, a repetition is not", () => {
  const feed = new Feed(BOUND);
  tell(feed, "open", "open", "missing", "missing", "open");
  assert.deepEqual(shownStates(feed), ["missing", "open"]);
});

test("lines tell that a source is open, so its loss is news", () => {
  const feed = new Feed(BOUND);
  feed.accept({ kind: "lines", source: "app", n: 1, lines: ["a"] });
  tell(feed, "missing");
  assert.deepEqual(shownStates(feed), ["missing"]);
});

test("every rotation is a row, and the source is open after it", () => {
  const feed = new Feed(BOUND);
  tell(feed, "rotated", "rotated", "open");
  assert.deepEqual(shownStates(feed), ["rotated", "rotated"]);
});

test("a complete stream says so, a shutdown is no row", () => {
  const feed = new Feed(BOUND);
  feed.accept({ kind: "end", reason: "shutdown" });
  feed.accept({ kind: "end", reason: "complete" });
  assert.deepEqual(feed.pending.take(9), [{ kind: "complete" }]);
});

test("clear begins anew", () => {
  const feed = new Feed(BOUND);
  feed.accept({ kind: "lines", source: "app", n: 1, lines: ["a"] });
  feed.clear();
  assert.equal(feed.received, 0);
  tell(feed, "missing");
  assert.deepEqual(shownStates(feed), []);
});
