import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FLAGS } from "../../static/js/text/ansi.js";
import { contrast, DARK_GROUND, LIGHT_GROUND, readableColor, styleToCss } from "../../static/js/text/style-colors.js";
import { random } from "./random.js";

/** @typedef {import("../../static/js/text/ansi.js").Style} Style */

const PLAIN = { fg: null, bg: null, flags: 0 };
const { below } = random(5);
const anyColor = () => `#${(0x1000000 + below(0x1000000)).toString(16).slice(1)}`;

test("contrast follows WCAG", () => {
  assert.equal(contrast("#000000", "#ffffff"), 21);
  assert.equal(contrast("#777777", "#777777"), 1);
  assert.equal(contrast("#767676", "#ffffff").toFixed(2), "4.54");
});

test("readable colors stay, others become readable on any background", () => {
  assert.equal(readableColor("#ffffff", "#000000"), "#ffffff");
  for (let round = 0; round < 2_000; round += 1) {
    const ground = anyColor();
    const made = readableColor(anyColor(), ground);
    assert.match(made, /^#[0-9a-f]{6}$/);
    assert.ok(contrast(made, ground) >= 4.5, `${made} on ${ground}`);
  }
});

test("named colors are classes, others have one color per theme", () => {
  assert.deepEqual(styleToCss({ ...PLAIN, fg: 9 }), { classes: "fg-9", fg: null, bg: null });
  const { classes, fg, bg } = styleToCss({ ...PLAIN, fg: "#ffff00" });
  assert.deepEqual([classes, bg], ["fg", null]);
  const [, light, dark] = /^light-dark\((#\w{6}), (#\w{6})\)$/.exec(fg ?? "") ?? [];
  assert.ok(contrast(light, LIGHT_GROUND) >= 4.5);
  assert.equal(dark, "#ffff00");
});

test("text on a background is readable, with or without a color", () => {
  for (let index = 0; index < 16; index += 1) {
    for (const color of [null, index, (index + 5) % 16, anyColor()]) {
      const { classes, fg, bg } = styleToCss({ ...PLAIN, fg: color, bg: index });
      assert.equal(classes, "fg bg");
      assert.ok(contrast(fg ?? "", bg ?? "") >= 4.5, `${fg} on ${bg}`);
    }
  }
});

test("inverse swaps both colors", () => {
  assert.deepEqual(styleToCss({ ...PLAIN, flags: FLAGS.inverse }), { classes: "inverse", fg: null, bg: null });
  assert.equal(styleToCss({ fg: "#123456", bg: null, flags: FLAGS.inverse }).bg, "#123456");
  assert.equal(styleToCss({ fg: "#ffffff", bg: "#000000", flags: FLAGS.inverse }).fg, "#000000");
});

test("attributes are classes; dim text without a color is muted", () => {
  const all = Object.values(FLAGS).reduce((sum, flag) => sum + flag, 0) - FLAGS.inverse;
  assert.equal(styleToCss({ ...PLAIN, flags: all }).classes, "bold italic underline strike dim");
  assert.equal(styleToCss({ ...PLAIN, fg: 1, flags: FLAGS.dim }).classes, "fg-1");
});

test("named colors and JSON colors are readable in both themes", () => {
  const css = readFileSync(new URL("../../static/css/rows.css", import.meta.url), "utf8");
  const tokens = [...css.matchAll(/--((?:ansi|json)-\w+): light-dark\((#\w{6}), (#\w{6})\);/g)];
  assert.equal(tokens.length, 20);
  for (const [, name, light, dark] of tokens) {
    assert.ok(contrast(light, LIGHT_GROUND) >= 4.5, `${name} light ${contrast(light, LIGHT_GROUND)}`);
    assert.ok(contrast(dark, DARK_GROUND) >= 4.5, `${name} dark ${contrast(dark, DARK_GROUND)}`);
  }
});
