import assert from "node:assert/strict";
import { test } from "node:test";
import { GrowthRates } from "../../static/js/model/growth-rates.js";
import { groupSources, listRows, matchesSearch, nameInGroup } from "../../static/js/model/source-groups.js";

/** @param {string} path */
const source = (path) => ({ path, name: path.slice(path.lastIndexOf("/") + 1) });

/** @param {string[]} paths */
const grouped = (...paths) =>
  groupSources(paths.map(source)).map(({ directory, sources }) => [directory, ...sources.map(({ name }) => name)]);

test("sources are grouped by directory, without the common parent", () => {
  assert.deepEqual(grouped("/log/nginx/b.log", "/log/syslog", "/log/nginx/a.log", "/log/app/x/web.log"), [
    ["", "syslog"],
    ["app/x/", "web.log"],
    ["nginx/", "b.log", "a.log"],
  ]);
});

test("common parents consist of whole path segments", () => {
  assert.deepEqual(grouped("/log/app-1/a", "/log/app-2/b"), [
    ["app-1/", "a"],
    ["app-2/", "b"],
  ]);
});

test("a single directory has no name, and a source without a path is at the top", () => {
  assert.deepEqual(grouped("/log/a", "/log/b"), [["", "a", "b"]]);
  assert.deepEqual(grouped("-", "/log/b"), [
    ["", "-"],
    ["/log/", "b"],
  ]);
  assert.deepEqual(grouped(), []);
});

test("containers are grouped by their names, and commands stand alone", () => {
  const sources = [
    { name: "shop/web-1/nginx", path: "/log/pods/shop_web-1_0f4c/nginx/.log" },
    { name: "kubectl", path: "/state/commands/d5e1/lines" },
    { name: "syslog", path: "/log/syslog" },
    { name: "shop/web-1/proxy", path: "/log/pods/shop_web-1_0f4c/proxy/.log" },
    { name: "db", path: "/docker/4d5e/4d5e-json.log" },
    { name: "day.log", path: "/log/day/.log" },
  ];
  const groups = groupSources(sources).map((group) => [group.directory, ...group.sources.map(nameInGroup)]);
  assert.deepEqual(groups, [
    ["", "kubectl", "syslog", "db"],
    ["day/", "day.log"],
    ["shop/web-1/", "nginx", "proxy"],
  ]);
});

/** @param {string} host @param {string} path */
const sourceOf = (host, path) => ({ ...source(path), name: `${host}:${source(path).name}`, host });

/**
 * @param {string[]} opened
 * @param {string} [typed]
 */
const rows = (opened, typed = "") => {
  const sources = [
    source("/log/local.log"),
    sourceOf("web-1", "/var/log/nginx/access.log"),
    sourceOf("web-1", "/var/log/syslog"),
    sourceOf("web-2", "/var/log/syslog"),
  ];
  const hosts = ["web-1", "web-2", "db-1"].map((name) => ({ name, labels: { role: name.slice(0, -2) } }));
  return listRows(sources, hosts, new Set(opened), typed).map((row) => {
    if (row.kind === "source") return nameInGroup(row.source);
    return row.kind === "host" ? `${row.host.name}${row.isOpen ? " open" : ""}` : row.directory;
  });
};

test("sources of a host follow it when it is opened", () => {
  assert.deepEqual(rows([]), ["local.log", "web-1", "web-2", "db-1"]);
  assert.deepEqual(rows(["web-1", "db-1"]), [
    "local.log",
    ...["web-1 open", "syslog", "nginx/", "access.log"],
    "web-2",
    "db-1 open",
  ]);
});

test("a search opens the hosts of the sources that it finds", () => {
  assert.deepEqual(rows([], "nginx"), ["web-1 open", "nginx/", "access.log"]);
  assert.deepEqual(rows(["db-1"], "web-2 sys"), ["web-2 open", "syslog"]);
  assert.deepEqual(rows(["web-1"], "role=db"), ["db-1"]);
  assert.deepEqual(rows(["web-1"], "nothing"), []);
});

test("a search matches all words in any order and case", () => {
  const access = source("/var/log/nginx/Access.log");
  for (const typed of ["", "access", "LOG nginx", "  nginx/acc "]) assert.ok(matchesSearch(access, typed), typed);
  assert.ok(!matchesSearch(access, "nginx error"));
});

test("a growth rate is bytes per second between two samples", () => {
  const activity = new GrowthRates();
  activity.sample([{ id: "a", size: 1_000 }], 0);
  assert.equal(activity.rate("a"), null);
  activity.sample([{ id: "a", size: 6_000 }], 5_000);
  assert.equal(activity.rate("a"), 1_000);
  activity.sample([{ id: "a", size: 6_000 }], 10_000);
  assert.equal(activity.rate("a"), 0);
});

test("samples in quick succession do not change the rate", () => {
  const activity = new GrowthRates();
  activity.sample([{ id: "a", size: 0 }], 0);
  activity.sample([{ id: "a", size: 5_000 }], 5_000);
  activity.sample([{ id: "a", size: 5_000 }], 5_100);
  assert.equal(activity.rate("a"), 1_000);
  activity.sample([{ id: "a", size: 5_500 }], 10_000);
  assert.equal(activity.rate("a"), 100);
});

test("a shrunk or missing file has no rate", () => {
  const activity = new GrowthRates();
  activity.sample([{ id: "a", size: 1_000 }], 0);
  activity.sample([{ id: "a", size: 10 }], 5_000);
  assert.equal(activity.rate("a"), null);
  activity.sample([{ id: "a", size: null }], 10_000);
  assert.equal(activity.rate("a"), null);
  assert.equal(activity.rate("b"), null);
});
