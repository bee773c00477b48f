import assert from "node:assert/strict";
import { test } from "node:test";
import { linesIn } from "../../static/js/model/rows.js";
import { Pending } from "../../static/js/model/pending.js";

/** @typedef {import("../../static/js/model/events.js").LinesEvent} LinesEvent */

const WIDE = { lines: 1_000, characters: 1_000_000 };

/**
 * @param {string[]} lines
 * @param {Partial<LinesEvent>} [more]
 * @returns {LinesEvent}
 */
const batch = (lines, more = {}) => ({ kind: "lines", source: "app", n: null, lines, ...more });

/** @param {number} count @param {number} [from] */
const numbered = (count, from = 0) => Array.from({ length: count }, (_, index) => `line ${from + index}`);

/** @param {Pending} pending @param {number} [most] */
const takeTexts = (pending, most = Infinity) =>
  pending.take(most).map((row) => (row.kind === "line" ? row.text : `(${row.kind})`));

test("lines come out once and in order", () => {
  const pending = new Pending(WIDE);
  pending.pushLines(batch(["a", "b"]));
  pending.pushLines(batch(["c"]));
  assert.deepEqual(takeTexts(pending), ["a", "b", "c"]);
  assert.equal(pending.empty, true);
});

test("a frame takes a part of a batch and the next one goes on there", () => {
  const pending = new Pending(WIDE);
  pending.pushLines(batch(numbered(5)));
  assert.deepEqual(takeTexts(pending, 2), ["line 0", "line 1"]);
  assert.equal(pending.lines, 3);
  assert.deepEqual(takeTexts(pending, 9), ["line 2", "line 3", "line 4"]);
});

test("line numbers count on from the first of a batch, also after a part of it left", () => {
  const pending = new Pending({ lines: 3, characters: 1e6 });
  pending.pushLines(batch(numbered(5), { n: 1041 }));
  const numbers = pending.take(9).flatMap((row) => (row.kind === "line" ? [row.n] : []));
  assert.deepEqual(numbers, [1043, 1044, 1045]);
});

test("an unknown line number stays unknown", () => {
  const pending = new Pending(WIDE);
  pending.pushLines(batch(["a"]));
  const [row] = pending.take(1);
  assert.equal(row.kind === "line" && row.n, null);
});

test("a cut line carries its true length, and only the last one can lack its newline", () => {
  const pending = new Pending(WIDE);
  pending.pushLines(batch(["a", "b", "c"], { cut: [[1, 5_000_000]], unterminated: true }));
  const facts = pending.take(9).flatMap((row) => (row.kind === "line" ? [[row.cut, row.unterminated]] : []));
  assert.deepEqual(facts, [
    [null, false],
    [5_000_000, false],
    [null, true],
  ]);
});

test("past the bound the oldest go, and a row in their place says how many", () => {
  const pending = new Pending({ lines: 3, characters: 1e6 });
  pending.pushLines(batch(numbered(4)));
  pending.pushLines(batch(numbered(2, 4)));
  assert.equal(pending.lines, 3);
  const rows = pending.take(9);
  assert.deepEqual(rows[0], { kind: "skip", lines: 3 });
  assert.deepEqual(
    rows.slice(1).map((row) => row.kind === "line" && row.text),
    ["line 3", "line 4", "line 5"],
  );
});

test("received is shown, skipped or waiting: nothing is lost uncounted", () => {
  const pending = new Pending({ lines: 70, characters: 600 });
  let received = 0;
  let taken = 0;
  for (let round = 1; round < 200; round += 1) {
    const size = (round * 37) % 90;
    pending.pushLines(batch(numbered(size)));
    received += size;
    if (round % 3 === 0) for (const row of pending.take((round * 13) % 40)) taken += linesIn(row);
  }
  assert.ok(pending.skipped > 0);
  for (const row of pending.take(Infinity)) taken += linesIn(row);
  assert.equal(taken, received);
});

test("the bound in characters holds for few long lines, and one line is always kept", () => {
  const pending = new Pending({ lines: 100, characters: 10 });
  pending.pushLines(batch(["aaaaaa", "bbbbbb"]));
  assert.equal(pending.lines, 1);
  pending.pushLines(batch(["c".repeat(50)]));
  assert.deepEqual(takeTexts(pending), ["(skip)", "c".repeat(50)]);
});

test("a smaller bound counts at once", () => {
  const pending = new Pending(WIDE);
  pending.pushLines(batch(numbered(10)));
  pending.setBound({ lines: 4, characters: 1e6 });
  assert.equal(pending.lines, 4);
  assert.equal(pending.skipped, 6);
});

test("notes keep their place among the lines", () => {
  const pending = new Pending(WIDE);
  pending.pushLines(batch(["a"]));
  pending.pushNote({ kind: "gap", source: "app", reason: "truncated", lines: 2 });
  pending.pushLines(batch(["b"]));
  assert.deepEqual(takeTexts(pending), ["a", "(gap)", "b"]);
});

test("gaps among skipped lines are joined by source and reason, never dropped", () => {
  const pending = new Pending({ lines: 1, characters: 1e6 });
  for (const lines of [2, 3]) {
    pending.pushLines(batch(["a"]));
    pending.pushNote({ kind: "gap", source: "app", reason: "truncated", lines });
    pending.pushNote({ kind: "gap", source: "app", reason: "lost", lines: lines === 2 ? null : 7 });
  }
  pending.pushLines(batch(["b", "last"]));
  assert.deepEqual(
    pending.take(9).filter((row) => row.kind === "gap"),
    [
      { kind: "gap", source: "app", reason: "truncated", lines: 5 },
      { kind: "gap", source: "app", reason: "lost", lines: null },
    ],
  );
});

test("notes alone are bounded too", () => {
  const pending = new Pending({ lines: 10, characters: 1e6 });
  for (let count = 0; count < 5_000; count += 1) {
    pending.pushNote({ kind: "gap", source: "app", reason: "truncated", lines: 1 });
  }
  const gaps = pending.take(Infinity).flatMap((row) => (row.kind === "gap" ? [row.lines ?? 0] : []));
  assert.ok(gaps.length < 1_100);
  assert.equal(
    gaps.reduce((sum, lines) => sum + lines, 0),
    5_000,
  );
});

test("clear forgets everything", () => {
  const pending = new Pending({ lines: 1, characters: 1e6 });
  pending.pushLines(batch(numbered(5)));
  pending.clear();
  assert.equal(pending.empty, true);
  assert.equal(pending.skipped, 0);
  assert.deepEqual(pending.take(9), []);
});

test("a flood of batches costs no more for each as it goes on", () => {
  const pending = new Pending({ lines: 5_000, characters: 1e9 });
  const lines = numbered(1_000);
  const started = performance.now();
  for (let count = 0; count < 2_000; count += 1) pending.pushLines(batch(lines));
  assert.ok(performance.now() - started < 5_000);
  assert.equal(pending.skipped, 2_000_000 - 5_000);
});
