import assert from "node:assert/strict";
import { test } from "node:test";
import { stripAnsi } from "../../static/js/text/ansi.js";

test("colours go, text stays", () => {
  assert.equal(stripAnsi("\x1b[1;31mERROR\x1b[0m disk \x1b[38;5;208mfull\x1b[m"), "ERROR disk full");
});

test("colours with colons and the eight-bit introducer go too", () => {
  assert.equal(stripAnsi("\x1b[38:2::255:0:0mred\x9b0m"), "red");
});

test("cursor movements and erasures go", () => {
  assert.equal(stripAnsi("\x1b[2K\x1b[1Gdone\x1b[?25h"), "done");
});

test("OSC goes with what it carries, ended by BEL or by ST", () => {
  assert.equal(stripAnsi("a\x1b]0;title\x07b\x1b]8;;https://x.example\x1b\\c"), "abc");
});

test("device control strings go", () => {
  assert.equal(stripAnsi("a\x1bPq#0\x1b\\b"), "ab");
});

test("character set choices go", () => {
  assert.equal(stripAnsi("\x1b(Bplain"), "plain");
});

test("an OSC without an end hides nothing", () => {
  assert.equal(stripAnsi("\x1b]0;the rest of the line"), "\x1b]0;the rest of the line");
});

test("a lone or half escape stays to be shown", () => {
  assert.equal(stripAnsi("a\x1b"), "a\x1b");
  assert.equal(stripAnsi("a\x1b[12"), "a\x1b[12");
});

test("a line without escapes is the same string", () => {
  const line = "[31m is text here";
  assert.equal(stripAnsi(line), line);
});

test("a megabyte of unfinished sequences takes no time", () => {
  const started = performance.now();
  for (const part of ["\x1b]", "\x1b[1;", "\x1b]x;", "\x9d"]) stripAnsi(part.repeat(250_000));
  assert.ok(performance.now() - started < 2_000);
});
