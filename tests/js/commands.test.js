import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { COMMANDS } from "../../static/js/ui/commands.js";

const PAGE = readFileSync(new URL("../../templates/page.html", import.meta.url), "utf8");
// Only what is on the page gives these.
const UNLISTED = ["close-search", "retry", "restart", "reload"];

test("no key and no command is there twice", () => {
  for (const all of [COMMANDS.flatMap(({ keys }) => keys), COMMANDS.map(({ command }) => command)]) {
    assert.deepEqual(all.filter((each, index) => all.indexOf(each) !== index), []);
  }
});

test("every button of the page gives a command that is in the table", () => {
  const known = new Set([...COMMANDS.map(({ command }) => String(command)), ...UNLISTED]);
  const given = Array.from(PAGE.matchAll(/data-command="([^"]+)"/g), ([, name]) => name);
  assert.ok(given.length > 10);
  assert.deepEqual(given.filter((name) => !known.has(name)), []);
});

test("the keys of less and lnav for searching and for errors are there", () => {
  const taken = new Set(COMMANDS.flatMap(({ keys }) => [...keys]));
  for (const key of ["/", "n", "N", "e", "E", "w", "W", ":"]) assert.ok(taken.has(key), key);
});

test("what shows a state is in the menu", () => {
  for (const { command, state, menuLabel } of COMMANDS) assert.ok(!state || menuLabel, command);
});
