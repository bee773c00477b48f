import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../static/js/", import.meta.url);
/** @type {Record<string, string[]>} which folders the modules of a folder may import */
const ALLOWED = {
  "": ["ui", "list", "net", "text", "model", "lib"],
  ui: ["ui", "text", "model", "lib"],
  list: ["list", "text", "model", "lib"],
  net: ["net", "text", "model", "lib"],
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
        const target = new URL(from, new URL(folder ? `${folder}/` : "", ROOT)).href.slice(ROOT.href.length);
        assert.match(target, /^[a-z]+\/[a-z-]+\.js$/, `${name}: ${from}`);
        assert.ok(allowed.includes(target.split("/")[0]), `${name}: ${from}`);
      }
    }
  });
}

test("model and text run without a page", () => {
  for (const { name, text } of [...readModules("model"), ...readModules("text")]) {
    assert.doesNotMatch(text.replaceAll(/\/\*[^]*?\*\/|\/\/.*/g, ""), /\b(document|window)\b/, name);
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
