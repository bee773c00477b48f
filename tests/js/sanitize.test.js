import assert from "node:assert/strict";
import { test } from "node:test";
import { glyphRanges, isClean, sanitize } from "../../static/js/text/sanitize.js";

test("a plain line is clean and unchanged", () => {
  const line = "GET /caf\u00e9 200 \u65e5\u672c";
  assert.equal(isClean(line), true);
  assert.equal(sanitize(line), line);
  assert.deepEqual(glyphRanges(line), []);
});

test("tabs are unchanged", () => {
  assert.equal(sanitize("a\tb"), "a\tb");
});

test("every C0 control but tab, DEL and every C1 control becomes a glyph", () => {
  const codes = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, index) => 0x7f + index)];
  for (const code of codes.filter((known) => known !== 9)) {
    const character = String.fromCharCode(code);
    assert.equal(isClean(character), false);
    assert.match(sanitize(character), /^\u2039[A-Z0-9]{2,3}\u203a$/);
  }
});

test("glyphs have the usual names", () => {
  assert.equal(
    sanitize("\0\x1b\r\n\x7f\x85"),
    "\u2039NUL\u203a\u2039ESC\u203a\u2039CR\u203a\u2039LF\u203a\u2039DEL\u203a\u203985\u203a",
  );
});

test("bidi overrides, isolates and marks cannot reorder a line", () => {
  const shown = sanitize("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c");
  assert.doesNotMatch(shown, /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/);
  assert.equal(sanitize("\u202egpj.exe"), "\u2039RLO\u203agpj.exe");
});

test("line and paragraph separators do not break a row", () => {
  assert.equal(sanitize("a\u2028b\u2029c"), "a\u2039LS\u203ab\u2039PS\u203ac");
});

test("characters without a shape become glyphs", () => {
  const shown = sanitize("a\u00adb\u200bc\ufeffd\u2060e\u3164f\u{e0041}g");
  assert.equal(
    shown,
    "a\u2039SHY\u203ab\u2039ZWSP\u203ac\u2039BOM\u203ad\u20392060\u203ae\u20393164\u203af\u2039E0041\u203ag",
  );
});

test("a glyph has a range, the same characters in the log do not", () => {
  assert.deepEqual(glyphRanges("\u2039ESC\u203a \x1b"), [[6, 7, "\u2039ESC\u203a"]]);
});

test("adjacent characters share a range", () => {
  assert.deepEqual(glyphRanges("a\x07\x07b\0"), [
    [1, 3, "\u2039BEL\u203a\u2039BEL\u203a"],
    [4, 5, "\u2039NUL\u203a"],
  ]);
});

test("letters of right-to-left scripts and joined emoji stay whole", () => {
  const line = "\u05e9\u05dc\u05d5\u05dd \u{1f469}\u200d\u{1f467}";
  assert.equal(sanitize(line), line);
});
