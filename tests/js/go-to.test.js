import assert from "node:assert/strict";
import { test } from "node:test";
import { parseGoTo } from "../../static/js/model/go-to.js";

/** @param {string} typed */
function targetOf(typed) {
  const answer = parseGoTo(typed);
  return "target" in answer ? answer.target : null;
}

test("a number is a line, with or without group separators", () => {
  for (const typed of ["1234", " 1234 ", "1,234", "1_234", "1 234", "1'234", "1\u202f234"]) {
    assert.deepEqual(targetOf(typed), { kind: "line", line: 1_234 }, typed);
  }
  assert.deepEqual(targetOf("10,357,604"), { kind: "line", line: 10_357_604 });
});

test("a percentage may have a fraction", () => {
  assert.deepEqual(targetOf("50%"), { kind: "percent", percent: 50 });
  assert.deepEqual(targetOf("12.5 %"), { kind: "percent", percent: 12.5 });
  assert.deepEqual(targetOf("0,25%"), { kind: "percent", percent: 0.25 });
  assert.deepEqual(targetOf("100%"), { kind: "percent", percent: 100 });
});

test("a signed number is relative", () => {
  assert.deepEqual(targetOf("+100"), { kind: "relative", lines: 100 });
  assert.deepEqual(targetOf("- 1,000"), { kind: "relative", lines: -1_000 });
  assert.deepEqual(targetOf("\u22125"), { kind: "relative", lines: -5 });
});

test("both ends have names and editor shortcuts", () => {
  for (const typed of ["start", "Top", "^"]) assert.deepEqual(targetOf(typed), { kind: "start" }, typed);
  for (const typed of ["end", "bottom", "$"]) assert.deepEqual(targetOf(typed), { kind: "end" }, typed);
});

test("any other input is an error", () => {
  for (const typed of ["", "  ", "12x", "1,23", "%", "50%%", "101%", "0", "+", "1.5", "1e9", "9".repeat(16), "<b>"]) {
    const answer = parseGoTo(typed);
    assert.ok("error" in answer && answer.error.length > 5, typed);
  }
});
