import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../static/js/", import.meta.url);
const VENDOR = new URL("../vendor/", ROOT);
// The room of a module: a folder below static/js, a vendored package, or none for the entry.
const ROOM = /^(?:([a-z]+|\.\.\/vendor(?=\/[a-z-]+\/))\/)?(?:[a-z-]+\/)*[a-z-]+\.js$/;
/** The rooms that the modules of a room may import. @type {Record<string, string[]>} */
const ALLOWED = {
  "": ["app", "ui", "list", "net", "text", "model", "lib"],
  app: ["app", "ui", "list", "net", "text", "model", "lib"],
  ui: ["ui", "text", "model", "lib"],
  list: ["list", "text", "model", "lib"],
  net: ["net", "text", "model", "lib", "../vendor"],
  text: ["text", "model", "lib"],
  model: ["text", "model", "lib"],
  lib: ["lib"],
};

/** @param {string} room */
function folderOf(room) {
  return new URL(room ? `${room}/` : "", ROOT);
}

/** @param {string} room */
function readModules(room) {
  const names = readdirSync(folderOf(room)).filter((name) => name.endsWith(".js"));
  return names.map((name) => ({ name: `${room}/${name}`, text: readFileSync(new URL(name, folderOf(room)), "utf8") }));
}

test("every folder is a room", () => {
  const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  assert.deepEqual(folders.map(({ name }) => name).sort(), Object.keys(ALLOWED).filter(Boolean).sort());
});

for (const [room, allowed] of Object.entries(ALLOWED)) {
  test(`${room || "main"} imports only rooms below it, with the file extension`, () => {
    for (const { name, text } of readModules(room)) {
      for (const [, from] of text.matchAll(/^(?:import|export) [^;]*?from "([^"]+)";/gm)) {
        const target = new URL(from, folderOf(room)).href;
        const found = target.replace(ROOT.href, "").replace(VENDOR.href, "../vendor/").match(ROOM);
        assert.ok(found && allowed.includes(found[1] ?? ""), `${name}: ${from}`);
      }
    }
  });
}

test("model and text do not use the DOM", () => {
  for (const { name, text } of [...readModules("model"), ...readModules("text")]) {
    assert.doesNotMatch(text.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, ""), /(?<![#./-])\b(document|window)\b/, name);
  }
});

test("no module creates elements from markup", () => {
  for (const room of Object.keys(ALLOWED)) {
    for (const { name, text } of readModules(room)) {
      assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/, name);
    }
  }
});

test("pages have no inline script, style or handler", () => {
  const templates = new URL("../../templates/", ROOT);
  for (const page of readdirSync(templates, { recursive: true }).filter((name) => String(name).endsWith(".html"))) {
    const text = readFileSync(new URL(String(page), templates), "utf8");
    assert.doesNotMatch(text, /<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:/i, String(page));
  }
});
