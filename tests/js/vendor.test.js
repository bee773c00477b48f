import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { test } from "node:test";

const OURS = new URL("../../static/vendor/eventsource-parser/", import.meta.url);
const NPM = new URL("node_modules/eventsource-parser/", import.meta.url);
const skip = await readdir(NPM).then(() => false, () => "npm has not installed the package");

test("vendored files are those of the package", { skip }, async () => {
  const { version } = JSON.parse(await readFile(new URL("package.json", NPM), "utf8"));
  assert.match(await readFile(new URL("../README.md", OURS), "utf8"), new RegExp(`\\| ${version} \\|`));
  for (const name of await readdir(OURS)) {
    const original = new URL(name === "LICENSE" ? name : `dist/${name}`, NPM);
    assert.ok((await readFile(new URL(name, OURS))).equals(await readFile(original)), name);
  }
});
