import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../static/js/", import.meta.url);
const VENDOR = new URL("../vendor/", ROOT);
// A module of ours lies in a room or, where it wires rooms, above them; one of others in a folder of its own.
const PLACE = /^(?:([a-z]+|\.\.\/vendor(?=\/[a-z-]+\/))\/)?(?:[a-z-]+\/)*[a-z-]+\.js$/;
/** @type {Record<string, string[]>} which folders the modules of a folder may import */
const ALLOWED = {
  "": ["", "ui", "list", "net", "text", "model", "lib"],
  ui: ["ui", "text", "model", "lib"],
  list: ["list", "text", "model", "lib"],
  net: ["net", "text", "model", "lib", "../vendor"],
  text: ["text", "model", "lib"],
  model: ["text", "model", "lib"],
  lib: ["lib"],
};

/** @param {string} folder */
function readModules(folder) {
  const place = new URL(folder ? `${folder}/` : "", ROOT);
  const names = readdirSync(place).filter((name) => name.endsWith(".js"));
  return names.map((name) => ({ name: `${folder}/${name}`, text: readFileSync(new URL(name, place), "utf8") }));
}

for (const [folder, allowed] of Object.entries(ALLOWED)) {
  test(`${folder || "main"} imports only what lies below it, with its extension`, () => {
    for (const { name, text } of readModules(folder)) {
      for (const [, from] of text.matchAll(/^(?:import|export) [^;]*?from "([^"]+)";/gm)) {
        const target = new URL(from, new URL(folder ? `${folder}/` : "", ROOT)).href;
        const place = target.replace(ROOT.href, "").replace(VENDOR.href, "../vendor/").match(PLACE);
        assert.ok(place && allowed.includes(place[1] ?? ""), `${name}: ${from}`);
      }
    }
  });
}

test("model and text run without a page", () => {
  for (const { name, text } of [...readModules("model"), ...readModules("text")]) {
    assert.doesNotMatch(text.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, ""), /(?<![#./-])\b(document|window)\b/, name);
  }
});

test("nothing makes elements from markup", () => {
  for (const folder of Object.keys(ALLOWED)) {
    for (const { name, text } of readModules(folder)) {
      assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/, name);
    }
  }
});

test("pages have no inline script, style or handler", () => {
  for (const page of ["page.html", "sign_in.html"]) {
    const text = readFileSync(new URL(`../../templates/${page}`, ROOT), "utf8");
    assert.doesNotMatch(text, /<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:/i, page);
  }
});
