import assert from "node:assert/strict";
import { test } from "node:test";
import { FLAGS, parseAnsi, stripAnsi } from "../../static/js/text/ansi.js";
import { random } from "./random.js";

test("colors are removed, text stays", () => {
  assert.equal(stripAnsi("\x1b[1;31mERROR\x1b[0m disk \x1b[38;5;208mfull\x1b[m"), "ERROR disk full");
});

test("colors with colons or the eight-bit introducer are removed too", () => {
  assert.equal(stripAnsi("\x1b[38:2::255:0:0mred\x9b0m"), "red");
});

test("cursor movements and erasures are removed", () => {
  assert.equal(stripAnsi("\x1b[2K\x1b[1Gdone\x1b[?25h"), "done");
});

test("OSC is removed with its content, ended by BEL or by ST", () => {
  assert.equal(stripAnsi("a\x1b]0;title\x07b\x1b]8;;https://x.example\x1b\\c"), "abc");
});

test("device control strings are removed", () => {
  assert.equal(stripAnsi("a\x1bPq#0\x1b\\b"), "ab");
});

test("character set selections are removed", () => {
  assert.equal(stripAnsi("\x1b(Bplain"), "plain");
});

test("an unterminated OSC hides nothing", () => {
  assert.equal(stripAnsi("\x1b]0;the rest of the line"), "\x1b]0;the rest of the line");
});

test("a lone or incomplete escape stays visible", () => {
  assert.equal(stripAnsi("a\x1b"), "a\x1b");
  assert.equal(stripAnsi("a\x1b[12"), "a\x1b[12");
});

test("stripAnsi returns a line without escapes unchanged", () => {
  const line = "[31m is text here";
  assert.equal(stripAnsi(line), line);
});

test("a megabyte of unterminated sequences is stripped quickly", () => {
  const started = performance.now();
  for (const part of ["\x1b]", "\x1b[1;", "\x1b]x;", "\x9d"]) stripAnsi(part.repeat(250_000));
  assert.ok(performance.now() - started < 2_000);
});

/**
 * Return the style of the letter x.
 * @param {string} line
 */
const styleOfX = (line) => {
  const { text, styles } = parseAnsi(line);
  const at = text.indexOf("x");
  return styles.find(([start, end]) => start <= at && at < end)?.[2] ?? null;
};

test("parseAnsi returns a line without escapes unchanged and without styles", () => {
  assert.deepEqual(parseAnsi("plain [31m text"), { text: "plain [31m text", styles: [], rest: 0 });
});

test("the 16 colors in both intensities, for text and background", () => {
  assert.deepEqual(styleOfX("\x1b[31mx"), { fg: 1, bg: null, flags: 0 });
  assert.deepEqual(styleOfX("\x1b[97;104mx"), { fg: 15, bg: 12, flags: 0 });
  assert.deepEqual(styleOfX("\x1b[42m\x1b[30mx"), { fg: 0, bg: 2, flags: 0 });
});

test("256 colors: named, color cube, grayscale", () => {
  assert.equal(styleOfX("\x1b[38;5;9mx")?.fg, 9);
  assert.equal(styleOfX("\x1b[38;5;16mx")?.fg, "#000000");
  assert.equal(styleOfX("\x1b[38;5;208mx")?.fg, "#ff8700");
  assert.equal(styleOfX("\x1b[48;5;231mx")?.bg, "#ffffff");
  assert.equal(styleOfX("\x1b[38;5;232mx")?.fg, "#080808");
  assert.equal(styleOfX("\x1b[38:5:255mx")?.fg, "#eeeeee");
});

test("true colors: with semicolons, with colons, with a color space", () => {
  const codes = ["38;2;255;128;0", "38:2:255:128:0", "38:2::255:128:0", "38:2:1:255:128:0", "38:2::255:128:0:0:1"];
  for (const code of codes) {
    assert.equal(styleOfX(`\x1b[${code}mx`)?.fg, "#ff8000", code);
  }
  assert.equal(styleOfX("\x1b[48;2;1;2;3;1mx")?.bg, "#010203");
  assert.equal(styleOfX("\x1b[48;2;1;2;3;1mx")?.flags, FLAGS.bold);
});

test("an invalid color is ignored together with its parameters", () => {
  for (const code of ["38;5;256", "38;2;1;2;300", "38;5", "38;2;1;2", "38;7;1;4", "38", "38:5", "38:2:1", "38:9:1"]) {
    assert.equal(styleOfX(`\x1b[${code}mx`), null, code);
  }
});

test("underline colors are skipped", () => {
  assert.deepEqual(styleOfX("\x1b[4;58;5;9mx"), { fg: null, bg: null, flags: FLAGS.underline });
  assert.deepEqual(styleOfX("\x1b[4:3;58:2::1:2:3mx"), { fg: null, bg: null, flags: FLAGS.underline });
});

test("every attribute can be reset", () => {
  for (const [on, off, flag] of [
    ["1", "22", FLAGS.bold],
    ["2", "22", FLAGS.dim],
    ["3", "23", FLAGS.italic],
    ["4", "24", FLAGS.underline],
    ["4", "4:0", FLAGS.underline],
    ["21", "24", FLAGS.underline],
    ["7", "27", FLAGS.inverse],
    ["9", "29", FLAGS.strike],
  ]) {
    assert.deepEqual(styleOfX(`\x1b[${on}mx`), { fg: null, bg: null, flags: flag });
    assert.equal(styleOfX(`\x1b[${on}ma\x1b[${off}mx`), null, `${on} ${off}`);
  }
  assert.deepEqual(styleOfX("\x1b[31;42;1m\x1b[39mx"), { fg: null, bg: 2, flags: FLAGS.bold });
  assert.deepEqual(styleOfX("\x1b[31;42m\x1b[49mx"), { fg: 1, bg: null, flags: 0 });
});

test("a reset ends everything, with or without a parameter", () => {
  for (const reset of ["0", "", "00", ";", "1;0"]) assert.equal(styleOfX(`\x1b[1;31;44ma\x1b[${reset}mx`), null, reset);
  assert.deepEqual(styleOfX("\x1b[1;31m\x1b[0;32mx"), { fg: 2, bg: null, flags: 0 });
});

test("sequences that resemble colors change nothing", () => {
  for (const other of ["\x1b[>4;2m", "\x1b[?4m", "\x1b[31K", "\x1b[4 m", "\x1b]31m\x07"]) {
    assert.deepEqual(parseAnsi(`a${other}x`), { text: "ax", styles: [], rest: 0 });
  }
});

test("the text of a hyperlink stays", () => {
  assert.equal(parseAnsi("see \x1b]8;id=1;https://x.example\x1b\\here\x1b]8;;\x1b\\.").text, "see here.");
});

test("adjacent text with one style is one range", () => {
  assert.deepEqual(parseAnsi("\x1b[31ma\x1b[1;22mb\x1b[Kc\x1b[0md").styles, [[0, 3, { fg: 1, bg: null, flags: 0 }]]);
});

test("text is cut at the limit, between characters", () => {
  assert.deepEqual(parseAnsi("abcdef", 4), { text: "abcd", styles: [], rest: 2 });
  assert.equal(parseAnsi("a\x1b[31mbc\x1b[0m", 3).rest, 0);
  assert.deepEqual(parseAnsi("a\x1b[31mbcd\x1b[0m", 2).styles, [[1, 2, { fg: 1, bg: null, flags: 0 }]]);
  assert.deepEqual(parseAnsi("a\u{1f600}b", 2), { text: "a", styles: [], rest: 3 });
});

test("only the beginning of a long line is parsed", () => {
  const { text, rest } = parseAnsi("\x1b[m".repeat(300_000) + "end", 100);
  assert.equal(text.length <= 100, true);
  assert.ok(rest > 800_000);
});

test("random input: the text equals the stripped line, ranges are in order and within it", () => {
  const { below } = random(1);
  const codes = ["\x1b[", "\x1b", "\x9b", "\x1b]8;;", "\x07", "\x1b\\", "m", ";", ":", "38", "2", "5", "31", "0", "K"];
  const parts = [...codes, "a", "\u202e"];
  for (let round = 0; round < 5_000; round += 1) {
    const line = Array.from({ length: below(24) }, () => parts[below(parts.length)]).join("");
    const { text, styles, rest } = parseAnsi(line);
    assert.equal(text, stripAnsi(line));
    assert.equal(rest, 0);
    let reached = 0;
    for (const [start, end] of styles) {
      assert.ok(start >= reached && end > start && end <= text.length, JSON.stringify(line));
      reached = end;
    }
  }
});

test("the style of a line does not affect the next line", () => {
  parseAnsi("\x1b[1;31;44mred");
  assert.deepEqual(parseAnsi("x\x1b[0m").styles, []);
});

test("a megabyte of any sequences is parsed quickly", () => {
  const started = performance.now();
  for (const part of ["\x1b[", "\x1b[1;", "\x1b[31m", "\x1b[31ma", "\x1b]x;", "\x9d", "\x1b[38;2;1;2;3mx"]) {
    parseAnsi(part.repeat(1_000_000 / part.length));
  }
  parseAnsi(`\x1b[${"1;".repeat(500_000)}m`);
  assert.ok(performance.now() - started < 3_000);
});
