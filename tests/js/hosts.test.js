import assert from "node:assert/strict";
import { test } from "node:test";
import { AbsentHosts } from "../../static/js/model/absent-hosts.js";
import { absentText, hostProblems, hostStateText, hostStateTitle } from "../../static/js/text/host-words.js";

const NOW = 10_000_000;

test("the state of a host says when it was last heard", () => {
  assert.equal(hostStateText({ state: "here", heard: NOW }, NOW), "");
  assert.equal(hostStateText({ state: "expected", heard: null }, NOW), "not seen yet");
  assert.equal(hostStateText({ state: "absent", heard: NOW - 180_000 }, NOW), "absent \u00b7 3 min");
  assert.equal(hostStateText({ state: "gone", heard: null }, NOW), "gone");
  assert.equal(hostStateTitle({ name: "a", state: "expected", heard: null }), "a was invited and has not come yet");
  assert.match(hostStateTitle({ name: "a", state: "absent", heard: NOW }), /^a is absent; last heard /);
});

test("clocks, versions and problems are told in words", () => {
  const fine = { version: "1.0", clock: null, problem: null };
  assert.deepEqual(hostProblems(fine, "1.0"), []);
  assert.deepEqual(hostProblems({ ...fine, version: null }, "1.0"), []);
  assert.deepEqual(hostProblems({ version: "0.9", clock: -2_500, problem: "two agents say so" }, "1.0"), [
    "two agents say so",
    "clock 3 s behind",
    "logviewer 0.9; the hub has 1.0",
  ]);
  assert.deepEqual(hostProblems({ ...fine, clock: 7_200_000 }, "1.0"), ["clock 2 h ahead"]);
});

test("texts of a host cannot hide or reverse others", () => {
  const problem = "a\u202eb\u0007";
  for (const text of [absentText([problem]), ...hostProblems({ version: problem, clock: null, problem }, "1.0")]) {
    assert.doesNotMatch(String(text), /[\u202e\u0007]/);
  }
});

test("absent hosts are named, or counted if they are many", () => {
  assert.equal(absentText([]), null);
  assert.equal(absentText(["web-2"]), "web-2 is absent; its lines follow when it is back");
  assert.equal(absentText(["a", "b"]), "a and b are absent; their lines follow when they are back");
  assert.equal(absentText(["a", "b", "c"]), "3 hosts are absent; their lines follow when they are back");
});

test("a host is absent from its first absent source to its return", () => {
  const hosts = new AbsentHosts((source) => source.split(":")[0]);
  assert.equal(hosts.changed({ source: "b:1", state: "open" }), null);
  assert.equal(hosts.changed({ source: "b:1", state: "absent" }), null);
  assert.equal(hosts.changed({ source: "b:2", state: "absent" }), "repeated");
  assert.deepEqual(hosts.names, ["b"]);
  assert.equal(hosts.changed({ source: "b:1", state: "open" }), null);
  assert.equal(hosts.changed({ source: "b:2", state: "missing" }), null);
  assert.deepEqual(hosts.names, []);
});

test("lines of a host that were missing are loaded when it is back", () => {
  const hosts = new AbsentHosts((source) => source);
  assert.equal(hosts.linesCame(), false);
  assert.equal(hosts.linesCame(["a"]), false);
  assert.equal(hosts.linesCame(["a", "b"]), false);
  hosts.countsCame();
  assert.deepEqual(hosts.names, ["a", "b"]);
  assert.equal(hosts.changed({ source: "c", state: "open" }), null);
  assert.equal(hosts.changed({ source: "a", state: "open" }), "returned");
  assert.equal(hosts.linesCame(["a"]), true);
  assert.equal(hosts.streamOpened(), true);
  hosts.documentOpened();
  assert.deepEqual(hosts.names, []);
  assert.equal(hosts.changed({ source: "a", state: "open" }), null);
  assert.equal(hosts.streamOpened(), false);
});

test("a new stream forgets what the last one said", () => {
  const hosts = new AbsentHosts((source) => source);
  hosts.changed({ source: "b", state: "absent" });
  assert.equal(hosts.streamOpened(), false);
  assert.deepEqual(hosts.names, []);
});

test("a host has its name once its sources are listed", () => {
  /** @type {string | null} */
  let name = null;
  const hosts = new AbsentHosts(() => name);
  hosts.changed({ source: "id", state: "absent" });
  assert.deepEqual(hosts.names, []);
  name = "web-1";
  assert.deepEqual(hosts.names, ["web-1"]);
});

test("the latest histogram says which hosts it does not count", () => {
  const hosts = new AbsentHosts((source) => source);
  hosts.countsCame(["a", "b"]);
  hosts.countsCame(["b"]);
  assert.deepEqual(hosts.names, ["b"]);
  hosts.countsCame();
  assert.deepEqual(hosts.names, []);
});
