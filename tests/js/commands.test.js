import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { COMMANDS } from "../../static/js/ui/commands.js";

const TEMPLATES = new URL("../../templates/page/", import.meta.url);
const PAGE = readdirSync(TEMPLATES)
  .map((name) => readFileSync(new URL(name, TEMPLATES), "utf8"))
  .join("");
// Commands of buttons only.
const UNLISTED = ["close-search", "retry", "restart", "reload"];

test("keys and commands are unique", () => {
  for (const all of [COMMANDS.flatMap(({ keys }) => keys), COMMANDS.map(({ command }) => command)]) {
    assert.deepEqual(all.filter((each, index) => all.indexOf(each) !== index), []);
  }
});

test("every button of the page has a known command", () => {
  const known = new Set([...COMMANDS.map(({ command }) => String(command)), ...UNLISTED]);
  const given = Array.from(PAGE.matchAll(/data-command="([^"]+)"/g), ([, name]) => name);
  assert.ok(given.length > 10);
  assert.deepEqual(given.filter((name) => !known.has(name)), []);
});

test("the search keys of less and the error keys of lnav exist", () => {
  const taken = new Set(COMMANDS.flatMap(({ keys }) => [...keys]));
  for (const key of ["/", "n", "N", "e", "E", "w", "W", ":"]) assert.ok(taken.has(key), key);
});

test("commands with a state are in the menu", () => {
  for (const { command, state, menuLabel } of COMMANDS) assert.ok(!state || menuLabel, command);
});
