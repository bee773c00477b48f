import assert from "node:assert/strict";
import { test } from "node:test";
import { readQuery, resolveSources, streamQuery, writeQuery } from "../../static/js/model/query.js";

test("sources are read in their order, once each", () => {
  assert.deepEqual(readQuery("?source=b&source=a&source=b"), { sources: ["b", "a"] });
});

test("no source and an empty one are none", () => {
  assert.deepEqual(readQuery(""), { sources: [] });
  assert.deepEqual(readQuery("?source="), { sources: [] });
});

test("what is written is read again, whatever the characters", () => {
  for (const sources of [["app"], ["a&b=c", "d e+f", "\u00fc/\u65e5.log", "100%"], []]) {
    assert.deepEqual(readQuery(writeQuery({ sources })), { sources });
  }
});

test("parameters of a newer page are kept", () => {
  const search = writeQuery({ sources: ["b"] }, "?q=declined&source=a&level=error");
  assert.equal(new URLSearchParams(search).get("q"), "declined");
  assert.equal(new URLSearchParams(search).get("level"), "error");
  assert.deepEqual(readQuery(search), { sources: ["b"] });
});

test("a token never gets into a share link", () => {
  assert.doesNotMatch(writeQuery({ sources: ["a"] }, "?token=secret&source=a"), /token|secret/);
});

test("a source may be named by its only name", () => {
  const known = [
    { id: "1", name: "app.log" },
    { id: "2", name: "two.log" },
    { id: "3", name: "two.log" },
    { id: "app.log", name: "four.log" },
  ];
  assert.deepEqual(resolveSources(["four.log", "1"], known), ["app.log", "1"]);
  assert.deepEqual(resolveSources(["app.log", "four.log"], known), ["app.log"]);
  assert.deepEqual(resolveSources(["two.log", "nope"], known), ["two.log", "nope"]);
});

test("a new stream begins with the last lines, a resumed one at its cursor", () => {
  assert.equal(streamQuery(["a", "b"], { backfill: 500 }), "?source=a&source=b&from=-500");
  assert.equal(streamQuery(["a"], { backfill: 500, cursor: "x_1-2" }), "?source=a&cursor=x_1-2");
});
