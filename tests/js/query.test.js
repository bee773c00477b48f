import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_FILTER } from "../../static/js/model/filter.js";
import { choiceOf, readQuery, resolveSources, writeQuery } from "../../static/js/model/query.js";
import { streamQuery } from "../../static/js/net/stream-query.js";

/** @param {string[]} sources */
const atEnd = (...sources) => ({ sources, globs: [], at: null, filter: { ...NO_FILTER } });

test("sources are read in order and once each", () => {
  assert.deepEqual(readQuery("?source=b&source=a&source=b"), [atEnd("b", "a")]);
});

test("missing and empty sources are ignored", () => {
  assert.deepEqual(readQuery(""), [atEnd()]);
  assert.deepEqual(readQuery("?source=&at="), [atEnd()]);
});

test("a second pane exists if its sources are named, even if they are empty", () => {
  assert.deepEqual(readQuery("?source=a&source2=b&source2=c&at2=x"), [atEnd("a"), { ...atEnd("b", "c"), at: "x" }]);
  assert.deepEqual(readQuery("?source=a&source2="), [atEnd("a"), atEnd()]);
  assert.equal(readQuery("?source=a&at2=x").length, 1);
});

test("a written query is read back unchanged", () => {
  for (const sources of [["app"], ["a&b=c", "d e+f", "\u00fc/\u65e5.log", "100%"], []]) {
    for (const at of [null, "1x_-y"]) {
      const pane = { ...atEnd(...sources), at };
      assert.deepEqual(readQuery(writeQuery([pane])), [pane]);
      assert.deepEqual(readQuery(writeQuery([atEnd("one"), pane])), [atEnd("one"), pane]);
    }
  }
});

test("globs choose the sources of each pane, and stay in the URL", () => {
  const search = "?host=web-*&host=db-1&label=role%3Dweb&path=*.log&source2=a&path2=%2Fvar%2F**";
  const panes = readQuery(search);
  assert.deepEqual(
    panes.map(({ globs }) => globs),
    [
      [
        ["host", "web-*"],
        ["host", "db-1"],
        ["label", "role=web"],
        ["path", "*.log"],
      ],
      [["path", "/var/**"]],
    ],
  );
  assert.deepEqual(readQuery(writeQuery(panes)), panes);
  assert.deepEqual(choiceOf(panes[1]), [
    ["source", "a"],
    ["path", "/var/**"],
  ]);
  assert.equal(writeQuery([atEnd("b")], search), "?source=b");
  assert.equal(readQuery("?source=a&host2=b").length, 2);
  assert.equal(writeQuery(readQuery("?source=a&host2=b")), "?source=a&host2=b");
});

test("a closed pane leaves no parameters", () => {
  assert.equal(writeQuery([atEnd("b")], "?source=a&at=x&source2=b&at2=y"), "?source=b");
});

test("unknown parameters are kept", () => {
  const search = writeQuery([atEnd("b")], "?sort=size&source=a");
  assert.equal(new URLSearchParams(search).get("sort"), "size");
  assert.deepEqual(readQuery(search), [atEnd("b")]);
});

test("a token is never part of a share link", () => {
  assert.doesNotMatch(writeQuery([atEnd("a")], "?token=secret&source=a"), /token|secret/);
});

test("a source may be given by its unique name", () => {
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

test("a new stream starts with the last lines, a resumed one at its cursor", () => {
  const rest = "levels=true&times=true&places=true&lag=1000";
  assert.equal(streamQuery(["a", "b"]), `?source=a&source=b&from=-500&${rest}`);
  assert.equal(streamQuery(["a"], "x_1-2"), `?source=a&from=-500&cursor=x_1-2&${rest}`);
  assert.equal(streamQuery(["a"], "", "q=x&not=y"), `?source=a&q=x&not=y&from=end&${rest}`);
});
