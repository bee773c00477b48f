import assert from "node:assert/strict";
import { test } from "node:test";
import { GrowthRates } from "../../static/js/model/growth-rates.js";
import { groupSources, matchesSearch, nameInGroup } from "../../static/js/model/source-groups.js";

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
