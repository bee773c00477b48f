import assert from "node:assert/strict";
import { test } from "node:test";
import { membersOf, prettyJson } from "../../static/js/text/json.js";
import { random } from "./random.js";

/** @param {string} text */
const pretty = (text) =>
  prettyJson(text)
    ?.map((line) => line.map((token) => token.text).join(""))
    .join("\n");

test("an object is pretty-printed", () => {
  assert.equal(
    pretty('{"a":1,"b":{"c":[true,null]},"d":{ },"e":[]}'),
    [
      "{",
      '  "a": 1,',
      '  "b": {',
      '    "c": [',
      "      true,",
      "      null",
      "    ]",
      "  },",
      '  "d": {},',
      '  "e": []',
      "}",
    ].join("\n"),
  );
});

test("every token has its kind", () => {
  const [, line] = prettyJson('{"a" : "b", "c":-1.5e+3}') ?? [];
  assert.deepEqual(line, [
    { text: "  ", kind: "indent" },
    { text: '"a"', kind: "key" },
    { text: ": ", kind: "punctuation" },
    { text: '"b"', kind: "string" },
    { text: ",", kind: "punctuation" },
  ]);
  assert.deepEqual(prettyJson('{"c":-1.5e+3}')?.[1][3], { text: "-1.5e+3", kind: "number" });
  assert.deepEqual(prettyJson('{"c":false}')?.[1][3], { text: "false", kind: "literal" });
});

test("text before the object is on the first line, even with braces", () => {
  assert.equal(pretty('12:00 web {"a":1}  '), '12:00 web\n{\n  "a": 1\n}');
  assert.equal(pretty('[{x}] {y} {"a":1}'), '[{x}] {y}\n{\n  "a": 1\n}');
});

test("numbers, escapes, key order and duplicate keys stay", () => {
  const source = '{"b":12345678901234567890,"a":1.0,"2":1e400,"1":-0,"a":"\\u0041\\"\\\\{},:"}';
  const lines = pretty(source) ?? "";
  assert.equal(lines.replaceAll(/\n */g, "").replaceAll('": ', '":'), source);
});

test("other text is not pretty-printed", () => {
  for (const text of ["", "plain", "{", "}", "{a:1}", '{"a":1} done', "[1]", '{"a":NaN}', "{'a':1}", '{"a":1}}']) {
    assert.equal(prettyJson(text), null, text);
  }
});

test("random objects: only space between tokens changes", () => {
  const { below } = random(3);
  /** @param {number} depth @returns {unknown} */
  const value = (depth) => {
    const kind = below(depth > 3 ? 4 : 6);
    if (kind === 0) return below(1_000_000) / 7;
    if (kind === 1) return ['a"b', "{[,:]}", "\\", "\u2028", " : ", ""][below(6)];
    if (kind === 2) return [true, false, null][below(3)];
    if (kind === 3) return -below(9);
    const items = Array.from({ length: below(4) }, () => value(depth + 1));
    return kind === 4 ? items : Object.fromEntries(items.map((item, index) => [`k${index}"`, item]));
  };
  for (let round = 0; round < 2_000; round += 1) {
    const object = { a: value(0), b: value(0) };
    const expected = JSON.stringify(object, null, 2);
    assert.equal(pretty(JSON.stringify(object)), expected);
    assert.equal(pretty(JSON.stringify(object, null, "\t ")), expected);
  }
});

test("deep and long objects are printed quickly", () => {
  const started = performance.now();
  prettyJson(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`);
  for (const part of ["{", '{"a":', '{"a":[', '{"', "{}", "{ "]) prettyJson(`${part.repeat(1_000_000 / part.length)}}`);
  assert.ok(performance.now() - started < 3_000);
});

test("random objects: members equal those of JSON.parse, with their offsets", () => {
  const { below } = random(7);
  const values = ["a", "a b", "", 'q"', "x=1,{", -1.5e3, 0, true, null, [], {}, [1, "]"], { a: { b: "}" } }, "\u00e9"];
  for (let round = 0; round < 500; round += 1) {
    const object = Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`k${n}`, values[below(values.length)]]));
    const line = `${below(2) ? "before " : ""}${JSON.stringify(object, null, below(3)).replaceAll("\n", " ")}`;
    const { members } = membersOf(line) ?? { members: [] };
    assert.deepEqual(Object.fromEntries(members.map(({ key, value }) => [JSON.parse(key), JSON.parse(value)])), object);
    assert.ok(members.every(({ value, offset }) => line.startsWith(value, offset)), line);
  }
});
