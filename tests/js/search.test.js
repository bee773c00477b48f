import assert from "node:assert/strict";
import { test } from "node:test";
import {
  barHeights,
  bucketCount,
  histogramOf,
  levelTotals,
  outsideTotals,
  ticks,
  timeToX,
  xToTime,
} from "../../static/js/model/histogram.js";
import { RecentSearches } from "../../static/js/model/recent-searches.js";
import { Highlights, MAX_HIGHLIGHTS } from "../../static/js/model/highlights.js";
import { fieldAt, fieldsOf, lineOffset } from "../../static/js/text/fields.js";
import { displayedHits, findHits, hitPatterns } from "../../static/js/text/hits.js";
import { prettyJson } from "../../static/js/text/json.js";
import { formatTime, parseTime } from "../../static/js/text/time.js";
import { searchText, shortCount } from "../../static/js/text/words.js";

// Hits

test("case is ignored unless the text has a capital or case is matched", () => {
  const hits = (/** @type {any[]} */ ...wanted) => findHits("Error and error", hitPatterns([wanted[0]], wanted[1] ?? "smart"));
  assert.deepEqual(hits("error"), [[0, 5], [10, 15]]);
  assert.deepEqual(hits("Error"), [[0, 5]]);
  assert.deepEqual(hits("error", "sensitive"), [[10, 15]]);
  assert.deepEqual(hits("Error", "insensitive").length, 2);
});

test("special characters of a text are matched literally", () => {
  for (const text of ["a.b", "(", "[x", "\\", "a|b", "$1^", "{2}", "/", "-", "\u{1f600}"]) {
    assert.deepEqual(findHits(`--${text}--`, hitPatterns([text], "smart")).at(0), text === "-" ? [0, 1] : [2, 2 + text.length]);
  }
  assert.deepEqual(findHits("abc", hitPatterns([""], "smart")), []);
});

test("matches in code points are converted to the displayed text", () => {
  assert.deepEqual(displayedHits("\u{1f600} ab", [[2, 4]]), [[3, 5]]);
  assert.deepEqual(displayedHits("\x1b[31mred\x1b[0m blue", [[5, 8], [13, 17]]), [[0, 3], [4, 8]]);
  assert.deepEqual(displayedHits("plain", []), []);
  assert.deepEqual(displayedHits("\x1b[31mred\x1b[0m", [[0, 2], [3, 6], [9, 12]]), [[0, 0], [0, 1], [3, 3]]);
});

test("hits in a line of many colors are converted in one pass", () => {
  const line = "\x1b[31mx".repeat(200_000);
  const spans = Array.from({ length: 500 }, (_, number) => /** @type {const} */ ([6 * number + 999_005, 6 * number + 999_006]));
  assert.deepEqual(displayedHits(line, spans).slice(0, 2), [[166_500, 166_501], [166_501, 166_502]]);
});

// Fields

test("a long line of quotes is searched for fields in linear time", () => {
  assert.deepEqual(fieldsOf(`{${'\\"'.repeat(500_000)}`), []);
  assert.deepEqual(fieldsOf(`{${'"a'.repeat(500_000)}`), []);
});

test("fields of JSON and logfmt are found with their text", () => {
  const json = '{"level":"info","user": 4, "ok":true,"deep":{"path":"/a\\"b"}}';
  assert.deepEqual(
    fieldsOf(json).map(({ key, value, text }) => [key, value, text]),
    [
      ["level", "info", '"level":"info"'],
      ["user", "4", '"user": 4'],
      ["ok", "true", '"ok":true'],
      ["path", '/a"b', '"path":"/a\\"b"'],
    ],
  );
  const logfmt = 'ts=1 level=info msg="all done" took=4ms';
  assert.deepEqual(
    fieldsOf(logfmt).map(({ key, value, text }) => [key, value, text]),
    [
      ["ts", "1", "ts=1"],
      ["level", "info", "level=info"],
      ["msg", "all done", 'msg="all done"'],
      ["took", "4ms", "took=4ms"],
    ],
  );
  for (const line of [json, logfmt]) for (const { text } of fieldsOf(line)) assert.ok(line.includes(text));
});

test("a sentence has no fields", () => {
  assert.deepEqual(fieldsOf("set x=1 and go"), []);
  assert.deepEqual(fieldsOf("{ not json }"), []);
});

test("an offset in pretty-printed JSON is converted to the line", () => {
  const line = '2026 {"a": "x y",  "b":[1, 22]}';
  const lines = prettyJson(line) ?? [];
  const shown = lines.map((tokens) => tokens.map(({ text }) => text).join("")).join("\n");
  const offset = lineOffset(shown, shown.indexOf("22") + 1, line);
  assert.equal(line.slice(offset - 1, offset + 1), "22");
  assert.equal(fieldAt(line, lineOffset(shown, shown.indexOf("x y"), line))?.key, "a");
});

// Time

test("a time of day is on the near day in the displayed zone", () => {
  const near = Date.parse("2026-11-20T23:30:00Z");
  for (const zone of ["utc", "Europe/Berlin", "Asia/Kathmandu"]) {
    const read = parseTime("12:30", { zone, near }) ?? 0;
    assert.equal(formatTime(read, { zone, date: true }).slice(11, 16), "12:30");
    assert.equal(formatTime(read, { zone, date: true }).slice(0, 10), formatTime(near, { zone, date: true }).slice(0, 10));
  }
  assert.equal(parseTime("2026-03-29 12:30:01.5", { zone: "utc", near }), Date.parse("2026-03-29T12:30:01.500Z"));
  for (const other of ["15 min ago", "25:00", "12", "2026-13-01 10:00"]) assert.equal(parseTime(other, { zone: "utc", near }), null);
});

// Histogram

const COURSE = { from: 1_000, to: 11_000, step: 1_000, levels: { info: [1, 0, 3], error: [0, 2, 0] } };

test("without times there is no histogram", () => {
  assert.equal(histogramOf(null), null);
  assert.equal(histogramOf({ from: null, to: null, step: 0, levels: {}, complete: true }), null);
  assert.deepEqual(histogramOf({ ...COURSE, complete: true }), COURSE);
});

test("pixels and times convert both ways", () => {
  for (const time of [1_000, 3_500, 11_000]) assert.equal(xToTime(COURSE, timeToX(COURSE, time, 800), 800), time);
  assert.equal(bucketCount(COURSE), 10);
  assert.equal(levelTotals({ ...COURSE, complete: true }).info, 4);
});

test("lines outside the buckets are in the totals", () => {
  const answer = { ...COURSE, complete: true, before: { error: 2 }, after: { info: 1 }, untimed: { info: 3, error: 1 } };
  assert.equal(levelTotals(answer).info, 8);
  assert.equal(levelTotals(answer).error, 5);
  assert.deepEqual(outsideTotals(answer, () => true), { before: 2, after: 1, untimed: 4 });
  assert.deepEqual(outsideTotals(answer, (level) => level === "info"), { before: 0, after: 1, untimed: 3 });
  assert.deepEqual(outsideTotals(null, () => true), { before: 0, after: 0, untimed: 0 });
});

test("one line is visible beside a million", () => {
  assert.deepEqual(barHeights([0, 1, 1_000_000], 1_000_001, 20).map(Math.round), [0, 1, 20]);
});

test("labels are few and at round times of the zone", () => {
  const day = 86_400_000;
  for (const span of [50, 3_000, 600_000, day, 40 * day, 4_000 * day]) {
    const from = Date.parse("2026-11-20T07:13:27.123Z");
    const { times, step } = ticks({ from, to: from + span }, 8, () => 5.75 * 3_600_000);
    assert.ok(times.length >= 1 && times.length <= 9, `${span}: ${times.length}`);
    for (const time of times) assert.equal((time + 5.75 * 3_600_000) % step, 0);
  }
});

// Texts and storage

test("a search shows its progress", () => {
  const progress = { matches: 1_234, done: 43, size: 100 };
  assert.equal(searchText({ name: "running", progress }), "1,234 hits \u00b7 43 %");
  assert.equal(searchText({ name: "done", progress }), "1,234 hits");
  assert.equal(searchText({ name: "done", progress: { ...progress, matches: 0 } }), "no hits");
  assert.equal(searchText({ name: "running", progress: null }), "searching\u2026");
  assert.deepEqual([0, 999, 1_234, 16_500, 999_600].map(shortCount), ["0", "999", "1.2k", "17k", "1.0M"]);
});

function makeStore() {
  /** @type {Record<string, string>} */
  const kept = {};
  return {
    getItem: (/** @type {string} */ key) => kept[key] ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void (kept[key] = value),
  };
}

test("searches are kept once each, latest first", () => {
  const store = makeStore();
  for (const text of ["a", "b", "a", ""]) new RecentSearches(store).add(text);
  assert.deepEqual(new RecentSearches(store).all, ["a", "b"]);
  assert.deepEqual(new RecentSearches(null).all, []);
});

test("each highlight keeps its own color", () => {
  const store = makeStore();
  const highlights = new Highlights(store);
  for (let n = 0; n < MAX_HIGHLIGHTS + 2; n += 1) highlights.add(`word ${n}`);
  highlights.remove("word 5");
  highlights.add("again");
  const all = new Highlights(store).all.value;
  assert.equal(all.length, MAX_HIGHLIGHTS);
  assert.equal(new Set(all.map(({ color }) => color)).size, MAX_HIGHLIGHTS);
  assert.ok(all.every(({ text }) => text !== "word 0"));
});

test("invalid stored highlights are ignored", () => {
  const store = makeStore();
  store.setItem("logviewer.terms", '[null, {"text": 1}, {"text":"a","colour":99}, {"text":"b","colour":1}]');
  assert.deepEqual(new Highlights(store).all.value, [{ text: "b", color: 1 }]);
});
