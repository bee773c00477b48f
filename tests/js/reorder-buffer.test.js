import assert from "node:assert/strict";
import { test } from "node:test";

import { ReorderBuffer, sortByTime } from "../../static/js/model/reorder-buffer.js";
import { random } from "./random.js";

/** @param {string} source @param {number | null} time @param {string} [text] */
const row = (source, time, text = "") => /** @type {any} */ ({ source, time, text });

test("rows of several sources are sorted by time, rows of one source keep their order", () => {
  const rows = [row("a", 1, "1"), row("a", 5, "2"), row("a", null, "3"), row("b", 2, "4"), row("b", 1, "5"), row("b", 9, "6")];
  assert.deepEqual(
    sortByTime(rows).map(({ text }) => text),
    ["1", "4", "5", "2", "3", "6"],
  );
});

test("random rows: none is lost, and each source keeps its order", () => {
  const { below } = random(3);
  for (let round = 0; round < 300; round += 1) {
    const rows = Array.from({ length: 30 }, (_, n) => row("abc"[below(3)], below(3) ? below(20) : null, String(n)));
    const ordered = sortByTime(rows);
    for (const source of "abc") {
      const of = (/** @type {any[]} */ all) => all.filter((each) => each.source === source);
      assert.deepEqual(of(ordered), of(rows));
    }
  }
});

test("held rows are released together, and at once on flush", () => {
  /** @type {string[][]} */
  const given = [];
  const held = new ReorderBuffer((rows) => given.push(rows.map(({ text }) => text)));
  held.add([row("a", 2, "later")]);
  held.add([row("b", 1, "sooner")]);
  assert.deepEqual(given, []);
  held.flush();
  held.flush();
  assert.deepEqual(given, [["sooner", "later"]]);
});

test("a row whose time goes back is placed by the greatest time so far, over several releases", () => {
  /** @type {string[]} */
  const given = [];
  const held = new ReorderBuffer((rows) => given.push(...rows.map(({ text }) => text)));
  held.follow([row("a", 10, "known")]);
  held.add([row("b", 8, "1")]);
  held.add([row("a", 5, "3"), row("b", 9, "2")]);
  held.flush();
  held.add([row("a", 6, "5"), row("b", 9, "4"), row("b", 11, "6")]);
  held.flush();
  assert.deepEqual(given, ["1", "2", "3", "4", "5", "6"]);
});

test("a wrong clock does not move the rows after it", () => {
  const far = 400_000_000_000;
  /** @type {string[]} */
  const given = [];
  const held = new ReorderBuffer((rows) => given.push(...rows.map(({ text }) => text)));
  held.add([row("a", 1, "1"), row("a", far, "2"), row("a", 3, "4"), row("b", 2, "3"), row("b", 4, "5")]);
  held.flush();
  held.add([row("a", far, "7"), row("b", 6, "6")]);
  held.flush();
  held.add([row("a", 7, "8"), row("b", 8, "9")]);
  held.flush();
  assert.deepEqual(given, ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
});
