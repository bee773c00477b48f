import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, counted } from "../../static/js/lib/numbers.js";
import { once, Signal } from "../../static/js/lib/signal.js";
import { COLOR_COUNT, SourceColors } from "../../static/js/model/source-colors.js";
import { shortNames, SourceNames } from "../../static/js/model/source-names.js";
import { LineRate } from "../../static/js/model/line-rate.js";
import { Settings } from "../../static/js/model/settings.js";

test("a selected source keeps its color while others change", () => {
  const sourceColors = new SourceColors();
  sourceColors.assign(["a", "b"]);
  sourceColors.assign(["b", "c"]);
  assert.deepEqual(
    ["a", "b", "c"].map((id) => sourceColors.of(id)),
    [null, 1, 0],
  );
});

test("colors repeat only if there are more sources than colors", () => {
  const sourceColors = new SourceColors();
  const ids = Array.from({ length: COLOR_COUNT + 3 }, (_, index) => String(index));
  sourceColors.assign(ids);
  assert.equal(new Set(ids.slice(0, COLOR_COUNT).map((id) => sourceColors.of(id))).size, COLOR_COUNT);
  for (const id of ids) assert.ok(Number(sourceColors.of(id)) < COLOR_COUNT);
});

test("a short name is the last part of the path if that is unique", () => {
  const short = shortNames([
    { id: "1", name: "nginx/access.log" },
    { id: "2", name: "eu/app.log" },
    { id: "3", name: "us/app.log" },
  ]);
  assert.deepEqual([...short.values()], ["access.log", "eu/app.log", "us/app.log"]);
});

test("equal names are extended until they are unique", () => {
  const named = ["/log/eu/a/app.log", "/log/us/a/app.log", "/log/us/b/app.log", "/log/web.log"].map((path, index) => ({
    id: String(index),
    name: path.slice(path.lastIndexOf("/") + 1),
    path,
  }));
  assert.deepEqual([...shortNames(named).values()], ["eu/a/app.log", "us/a/app.log", "b/app.log", "web.log"]);
  assert.deepEqual(shortNames([{ id: "1", name: "standard input", path: "-" }]).get("1"), "standard input");
});

test("the name of a source begins with its host", () => {
  const paths = ["/var/log/nginx/access.log", "/srv/access.log"];
  const named = ["web-1", "web-2"].flatMap((host) =>
    paths.map((path) => ({ id: host + path, name: `${host}:access.log`, path, host })),
  );
  const pod = { id: "pod", name: "web-1:shop/web/nginx", path: "/log/pods/shop_web_1/nginx/0.log", host: "web-1" };
  assert.deepEqual(
    [...shortNames([...named, pod]).values()],
    ["web-1:nginx/access.log", "web-1:srv/access.log", "web-2:nginx/access.log", "web-2:srv/access.log", "web-1:nginx"],
  );
  assert.deepEqual(shortNames(named.slice(0, 1)).get(named[0].id), "web-1:access.log");
});

test("a source that is not in the list has the readable part of its id for a name", () => {
  const names = new SourceNames();
  names.assign([{ id: "1", name: "app.log" }], []);
  assert.equal(names.full("web-1-app-log-0123456789abcdef"), "web-1-app-log");
  assert.equal(names.short("other"), "other");
});

test("a full name is unique among all sources", () => {
  const names = new SourceNames();
  const known = [
    { id: "1", name: "app.log", path: "/log/eu/app.log" },
    { id: "2", name: "app.log", path: "/log/us/app.log" },
  ];
  names.assign(known, ["1"]);
  assert.deepEqual([names.short("1"), names.full("1"), names.full("2")], ["app.log", "eu/app.log", "us/app.log"]);
});

test("an unknown source is named by its id", () => {
  const names = new SourceNames();
  names.assign([{ id: "1", name: "a/b.log" }], ["1", "2"]);
  assert.deepEqual(
    [names.short("1"), names.full("1"), names.short("2"), names.full("2")],
    ["b.log", "b.log", "2", "2"],
  );
});

test("earlier lines do not count in the line rate", () => {
  const rate = new LineRate();
  assert.equal(rate.sample(0, 0), null);
  assert.equal(rate.sample(500, 1_000), null);
  assert.equal(rate.sample(510, 2_000), 10);
});

test("the line rate covers the last few seconds", () => {
  const rate = new LineRate();
  rate.sample(1, 0);
  for (let second = 1; second <= 5; second += 1) rate.sample(1_000, second * 1_000);
  assert.equal(rate.sample(1_000, 6_000), 0);
});

test("a new total has no rate until it has two samples", () => {
  const rate = new LineRate();
  rate.sample(500, 0);
  rate.reset();
  assert.equal(rate.sample(90, 1_000), null);
  assert.equal(rate.sample(100, 2_000), 10);
});

test("sizes have at most three digits", () => {
  const shown = [0, 999, 1_000, 9_949, 9_999, 999_499, 999_500, 1_500_000, 38_000_000, 5e12].map(bytes);
  assert.deepEqual(shown, [
    "0 B",
    "999 B",
    "1.0 kB",
    "9.9 kB",
    "10 kB",
    "999 kB",
    "1.0 MB",
    "1.5 MB",
    "38 MB",
    "5.0 TB",
  ]);
});

test("counts are grouped, and one is singular", () => {
  assert.deepEqual(
    [0, 1, 1_204].map((count) => counted(count, "line")),
    ["0 lines", "1 line", "1,204 lines"],
  );
});

test("a signal reports the current value and each change once", () => {
  const signal = new Signal(1);
  /** @type {number[]} */
  const values = [];
  const stop = signal.subscribe((value) => void values.push(value));
  signal.set(1);
  signal.set(2);
  stop();
  signal.set(3);
  assert.deepEqual(values, [1, 2]);
});

test("once acts only on the first wanted value, which may be the current one", () => {
  const signal = new Signal(0);
  /** @type {number[]} */
  const values = [];
  once(
    signal,
    (value) => value > 1,
    (value) => void values.push(value),
  );
  for (const value of [1, 2, 3]) signal.set(value);
  once(
    signal,
    (value) => value > 1,
    (value) => void values.push(value * 10),
  );
  signal.set(4);
  assert.deepEqual(values, [2, 30]);
});

/** @param {Record<string, string>} [kept] */
function makeStore(kept = {}) {
  return {
    kept,
    getItem: (/** @type {string} */ key) => kept[key] ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void (kept[key] = value),
  };
}

test("settings are stored and read back", () => {
  const store = makeStore();
  const settings = new Settings(store, { wrap: false });
  settings.toggleWrap();
  settings.nextTheme();
  settings.setKeys(false);
  const again = new Settings(store, { wrap: false });
  assert.deepEqual([again.wrap.value, again.theme.value, again.keys.value], [true, "light", false]);
});

test("every setting cycles through its values and is stored as a word", () => {
  const store = makeStore();
  const settings = new Settings(store, { wrap: false });
  const times = [0, 1, 2].map(() => (settings.nextTimes(), settings.times.value));
  const zones = [0, 1].map(() => (settings.nextZone(), settings.zone.value));
  assert.deepEqual([times, zones], [["absolute", "relative", "off"], ["utc", "local"]]);
  settings.toggleNumbers();
  settings.toggleSide();
  assert.deepEqual([store.kept["logviewer.numbers"], store.kept["logviewer.side"]], ["off", "off"]);
});

test("the theme cycles, and an invalid stored theme is ignored", () => {
  const settings = new Settings(makeStore({ "logviewer.theme": "<b>" }), { wrap: true });
  const seen = [0, 1, 2, 3].map(() => (settings.nextTheme(), settings.theme.value));
  assert.deepEqual(seen, ["light", "dark", "auto", "light"]);
});

test("settings work without storage and with full storage", () => {
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new DOMException("full", "QuotaExceededError");
    },
  };
  for (const store of [null, full]) {
    const settings = new Settings(store, { wrap: false });
    settings.toggleWrap();
    assert.equal(settings.wrap.value, true);
  }
});
