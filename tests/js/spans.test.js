import assert from "node:assert/strict";
import { test } from "node:test";
import { copiedText, fieldSpans, jsonSpans, lineSpans, lineText, sourceOffset } from "../../static/js/text/spans.js";
import { sanitize } from "../../static/js/text/sanitize.js";
import { random } from "./random.js";

/** @typedef {import("../../static/js/text/spans.js").Span} Span */

/** @param {readonly Span[]} spans */
const shown = (spans) => spans.map(({ text }) => text).join("");
/** @param {readonly Span[]} spans */
const raw = (spans) => spans.map((span) => span.raw).join("");
const PLAIN = { glyph: false, href: null, style: null, kind: null };

test("a plain line is one span, an empty line has none", () => {
  assert.deepEqual(lineSpans("GET / 200"), { spans: [{ text: "GET / 200", raw: "GET / 200", ...PLAIN }], rest: 0 });
  assert.deepEqual(lineSpans(""), { spans: [], rest: 0 });
});

test("a final carriage return is hidden, others are shown", () => {
  assert.equal(shown(lineSpans("done\r").spans), "done");
  assert.equal(shown(lineSpans("10%\r20%\r").spans), "10%\u2039CR\u203a20%");
  assert.equal(lineText("\x1b[1mdone\x1b[0m\r"), "done");
});

test("colors, glyphs and links split a line into spans", () => {
  const { spans } = lineSpans("a \x1b[31mred \x07 http://x.ex\x1b[0mample/ z");
  assert.deepEqual(
    spans.map(({ text, glyph, href, style }) => [text, glyph, href, style?.fg ?? null]),
    [
      ["a ", false, null, null],
      ["red ", false, null, 1],
      ["\u2039BEL\u203a", true, null, 1],
      [" ", false, null, 1],
      ["http://x.ex", false, "http://x.example/", 1],
      ["ample/", false, "http://x.example/", null],
      [" z", false, null, null],
    ],
  );
});

test("a style may change between two glyphs", () => {
  const { spans } = lineSpans("\0\x1b[31m\0");
  assert.deepEqual(spans.map(({ text, raw: file }) => [text, file]), [
    ["\u2039NUL\u203a", "\0"],
    ["\u2039NUL\u203a", "\0"],
  ]);
});

test("copied text is the original text, with whole glyphs", () => {
  const { spans } = lineSpans("a\x07b \x1b[1mbold\x1b[0m");
  assert.equal(shown(spans), "a\u2039BEL\u203ab bold");
  assert.equal(copiedText(spans, 0, Infinity), "a\x07b bold");
  assert.equal(copiedText(spans, 0, 1), "a");
  assert.equal(copiedText(spans, 1, 2), "\x07");
  assert.equal(copiedText(spans, 3, 8), "\x07b ");
  assert.equal(copiedText(spans, 8, 10), "bo");
  assert.equal(copiedText(spans, 5, 5), "");
  assert.equal(copiedText(spans, 20, 30), "");
});

test("a long line is cut by characters or spans and reports the rest", () => {
  const bound = { characters: 10, spans: 3 };
  assert.deepEqual(lineSpans("x".repeat(25), bound), {
    spans: [{ text: "x".repeat(10), raw: "x".repeat(10), ...PLAIN }],
    rest: 15,
  });
  const { spans, rest } = lineSpans("a\0b\0c\0d", bound);
  assert.equal(raw(spans), "a\0b");
  assert.equal(rest, 4);
});

test("random lines: spans add up to the line and display nothing that hides or reorders text", () => {
  const { below } = random(2);
  const odd = ["\x1b[31m", "\x1b[0m", "\x1b[", "\0", "\x07", "\u202e", "\r", "\t"];
  const parts = [...odd, "http://", "x.example", "/", ").", " ", "a", "\u00e9"];
  for (let round = 0; round < 5_000; round += 1) {
    const line = Array.from({ length: below(20) }, () => parts[below(parts.length)]).join("");
    const { spans, rest } = lineSpans(line);
    assert.equal(raw(spans), lineText(line));
    assert.equal(shown(spans), sanitize(lineText(line)));
    assert.equal(rest, 0);
    const [from, to] = [below(30), below(30)];
    const isSame = spans.every(({ glyph }) => !glyph) && from <= to;
    if (isSame) assert.equal(copiedText(spans, from, to), shown(spans).slice(from, to));
    for (const { text, href } of spans) {
      assert.notEqual(text, "");
      assert.ok(href === null || /^https?:\/\/[^\s]+$/.test(href));
    }
  }
});

test("JSON has spans with links and glyphs in strings", () => {
  const found = jsonSpans('\x1b[2mweb\x1b[0m {"a":"http://x.example \u202e","n":1.0}\r');
  assert.ok(found);
  assert.equal(shown(found.spans), 'web\n{\n  "a": "http://x.example \u2039RLO\u203a",\n  "n": 1.0\n}');
  assert.equal(found.spans.find(({ href }) => href)?.href, "http://x.example");
  const glyphs = found.spans.filter(({ glyph }) => glyph);
  assert.deepEqual(glyphs.map(({ raw: file, kind }) => [file, kind]), [["\u202e", "string"]]);
  assert.equal(found.rest, 0);
});

test("long JSON shows its first lines", () => {
  const found = jsonSpans('{"a":[1,2,3]}', 3);
  assert.equal(shown(found?.spans ?? []), '{\n  "a": [\n    1,');
  assert.equal(found?.rest, 4);
  assert.equal(jsonSpans("no JSON {"), null);
});

test("a megabyte of any text is cut quickly", () => {
  const started = performance.now();
  for (const part of ["\x1b[", "\x1b[31ma", "\0", "\0a", "http://a)", "\x1b[m", "a"]) {
    lineSpans(part.repeat(1_000_000 / part.length), { characters: 4_000, spans: 400 });
  }
  assert.ok(performance.now() - started < 500);
});

test("a JSON line as fields starts with its message and keeps offsets", () => {
  const line = '{"level":"info","msg":"it is \\"so\\"","ts":"12:00","n":12345678901234567890,"o":{"a":[1,{"b":2}]},"s":"a b"}';
  const { spans } = fieldSpans(line) ?? { spans: [] };
  const shown = spans.map(({ text }) => text).join("");
  assert.equal(shown, 'it is "so" level=info ts=12:00 n=12345678901234567890 o={"a":[1,{"b":2}]} s="a b"');
  for (const value of ["info", "12:00", "1234567890", '"a b"']) {
    const offset = sourceOffset(spans, shown.indexOf(value)) ?? -1;
    assert.ok(line.slice(offset).replace(/^"/, "").startsWith(value.replace(/^"/, "")), value);
  }
});

test("a line without JSON has no fields and keeps its offsets", () => {
  assert.equal(fieldSpans("a=1 b=2"), null);
  assert.equal(sourceOffset(lineSpans("a=1 b=2").spans, 3), null);
});
