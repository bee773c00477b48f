import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { shownText } from "./shown-text.js";

const TABLE = new URL("../helpers/shown_lines.json", import.meta.url);

test("the page shows what the rules of redaction match", () => {
  for (const [line, shown] of JSON.parse(readFileSync(TABLE, "utf8"))) {
    assert.equal(shownText(line), shown, JSON.stringify(line));
  }
});
