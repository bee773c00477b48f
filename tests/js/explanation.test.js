import assert from "node:assert/strict";
import { test } from "node:test";
import { explanationRows } from "../../static/js/text/explanation.js";

/** @type {import("../../static/js/text/explanation.js").Explanation} */
const PLAIN = {
  text: "no",
  time: null,
  time_rule: "",
  level: null,
  level_rule: "",
  fields: [],
  stream: null,
  record: { before: 0, after: 0 },
  decisions: [],
};
const WHERE = { n: 7, zone: "utc" };

/** @param {Partial<import("../../static/js/text/explanation.js").Explanation>} given @param {typeof WHERE | {n: null, zone: string}} [where] */
const shown = (given, where = WHERE) =>
  explanationRows({ ...PLAIN, ...given }, where).map(({ term, value, rule }) => [term, value, rule]);

test("a line without time, level and fields says so", () => {
  assert.deepEqual(shown({}), [["Time", "none", ""], ["Level", "none", ""], ["Record", "this line alone", ""]]);
});

test("time and level come with the rules that found them", () => {
  const rows = explanationRows(
    { ...PLAIN, time: Date.UTC(2026, 10, 20, 10, 0, 1), time_rule: "the text '10:00'", level: "error", level_rule: "x" },
    WHERE,
  );
  assert.deepEqual(rows.slice(0, 2), [
    { term: "Time", value: "2026-11-20 10:00:01.000 UTC", rule: "from the text '10:00'", level: null },
    { term: "Level", value: "error", rule: "from x", level: "error" },
  ]);
});

test("times are in the zone of the page", () => {
  const [[, value]] = shown({ time: Date.UTC(2026, 10, 20, 10) }, { n: 7, zone: "Europe/Berlin" });
  assert.equal(value, "2026-11-20 11:00:00.000 Europe/Berlin");
});

test("the record is named by line numbers, or counted where the line has none", () => {
  const record = { before: 2, after: 1_000 };
  assert.equal(shown({ record })[2][1], "lines 5 to 1,007");
  const where = { n: null, zone: "utc" };
  assert.equal(shown({ record }, where)[2][1], "this line with 2 lines before and 1,000 lines after");
  assert.equal(shown({ record: { before: 0, after: 1 } }, where)[2][1], "this line with 1 line after");
});

test("the line of a container has its stream", () => {
  assert.deepEqual(shown({ stream: "stderr" })[3], ["Stream", "stderr", ""]);
});

test("fields and decisions have rows of their own, safe to display", () => {
  const rows = shown({ fields: ["a", "b\u202e"], decisions: ["dates: day first", "format: glog"] });
  assert.deepEqual(rows.slice(3), [
    ["Fields", "a, b\u2039RLO\u203a", ""],
    ["File", "dates: day first", ""],
    ["", "format: glog", ""],
  ]);
});
