import assert from "node:assert/strict";
import { test } from "node:test";
import { noticeFor } from "../../static/js/text/notices.js";
import {
  agoText,
  faultText,
  gapText,
  positionText,
  rateText,
  searchText,
  shortFault,
  shortPositionText,
  sourceText,
  statusText,
  totalText,
} from "../../static/js/text/words.js";

/** @typedef {import("../../static/js/model/connection.js").Connection} Connection */
/** @typedef {import("../../static/js/text/notices.js").Situation} Situation */

/**
 * @param {Connection} connection
 * @param {{paused?: boolean, empty?: boolean, sources?: number | null, fault?: string, absent?: string}} [view]
 */
const status = (connection, view = {}) =>
  statusText(connection, { now: 10_000, paused: false, empty: false, sources: 3, ...view }).words;

test("a view with an absent host is never called live", () => {
  const absent = "web-2 is absent; its lines follow when it is back";
  for (const name of /** @type {const} */ (["live", "connecting"])) assert.equal(status({ name }, { absent }), absent);
  assert.equal(status({ name: "live" }, { absent, empty: true }), absent);
  assert.equal(status({ name: "reconnecting", retryAt: 12_100 }, { absent }), absent);
  assert.equal(status({ name: "live" }, { absent, paused: true }), "paused");
  assert.equal(status({ name: "signed-out" }, { absent }), "signed out");
});

test("a search says which hosts are missing", () => {
  const progress = { matches: 2, done: 5, size: 5 };
  assert.equal(searchText({ name: "done", progress, absent: [] }), "2 hits");
  assert.equal(searchText({ name: "done", progress, absent: ["web-2"] }), "2 hits \u00b7 without web-2");
  assert.equal(searchText({ name: "done", progress, absent: ["a", "b"] }), "2 hits \u00b7 without 2 hosts");
});

test("every connection state has a text", () => {
  assert.equal(status({ name: "connecting" }), "connecting");
  assert.equal(status({ name: "live" }), "live");
  assert.equal(status({ name: "live" }, { paused: true }), "paused");
  assert.equal(status({ name: "live" }, { empty: true }), "live \u00b7 no lines yet");
  assert.equal(status({ name: "reconnecting", retryAt: 12_100 }), "reconnecting in 3 s");
  assert.equal(status({ name: "reconnecting", retryAt: null }), "reconnecting\u2026");
  assert.equal(status({ name: "reconnecting", retryAt: 9_000 }), "reconnecting\u2026");
  assert.equal(status({ name: "server-ended", retryAt: 13_000 }), "server stopped; reconnecting in 3 s");
  assert.equal(status({ name: "ended" }), "ended");
  assert.equal(status({ name: "signed-out" }), "signed out");
  assert.equal(status({ name: "refused", detail: "no" }), "refused");
});

test("without a stream the status says what is missing", () => {
  assert.equal(status({ name: "idle" }, { sources: null }), "connecting");
  assert.equal(status({ name: "idle" }, { sources: 0 }), "no sources");
  assert.equal(status({ name: "idle" }), "no source selected");
});

test("a lost connection is shown even while paused", () => {
  assert.equal(status({ name: "reconnecting", retryAt: null }, { paused: true }), "reconnecting\u2026");
});

test("a fault of the file is a word in the status, and a sentence elsewhere", () => {
  const binary = { reason: "binary: not text", encoding: "unknown" };
  assert.equal(faultText(binary), "binary: not text");
  assert.equal(shortFault(binary), "binary");
  assert.equal(shortFault({ reason: null, encoding: "unknown" }), "wrong encoding");
  assert.equal(shortFault({ reason: null, encoding: "utf-8" }), null);
  assert.equal(status({ name: "live" }, { fault: "binary" }), "live \u00b7 binary");
});

test("a gap has its number of lines and reason", () => {
  assert.equal(
    gapText({ kind: "gap", source: "a", reason: "truncated", lines: 12 }),
    "12 lines lost: the file was truncated",
  );
  assert.equal(
    gapText({ kind: "gap", source: "a", reason: "rotated", lines: 1 }),
    "1 line lost: the file was rotated away",
  );
  assert.equal(
    gapText({ kind: "gap", source: "a", reason: "lost", lines: null }),
    "some lines lost: no longer on disk",
  );
  assert.equal(
    gapText({ kind: "gap", source: "a", reason: "skipped", lines: 5_000 }),
    "5,000 lines skipped by the server to keep up",
  );
});

test("a gap with an unknown reason is shown", () => {
  const reason = /** @type {"lost"} */ (/** @type {string} */ ("melted"));
  assert.equal(gapText({ kind: "gap", source: "a", reason, lines: 2 }), "2 lines lost: melted");
});

test("source states have texts", () => {
  assert.equal(sourceText("app.log", "missing"), "app.log is missing; waiting for it to appear");
});

test("a position is shown in lines and percent, or as counting progress", () => {
  const position = { line: 10_357_604, total: 10_357_620, counted: 1 };
  assert.equal(positionText(position), "line 10,357,604 of 10,357,620 \u00b7 99 %");
  assert.equal(shortPositionText(position), "line 10,357,604 \u00b7 99 %");
  assert.equal(positionText({ line: 5, total: 5, counted: 1 }), "line 5 of 5 \u00b7 100 %");
  const counting = { line: null, total: null, counted: 0.439 };
  assert.equal(positionText(counting), "counting lines 43 %");
  assert.equal(positionText({ ...counting, line: 12 }), "line 12 \u00b7 counting lines 43 %");
  assert.equal(shortPositionText({ ...counting, line: 12 }), "counting lines 43 %");
});

test("totals omit zeros", () => {
  assert.equal(totalText({ received: 0, skipped: 0, waiting: 0 }), "");
  assert.equal(
    totalText({ received: 1_000, skipped: 20, waiting: 3 }),
    "1,000 received \u00b7 20 skipped \u00b7 3 waiting",
  );
});

test("a slow rate has a decimal", () => {
  const shown = [0, 0.25, 9.96, 1_240.4].map(rateText);
  assert.deepEqual(shown, ["0 lines/s", "0.3 lines/s", "10 lines/s", "1,240 lines/s"]);
});

test("ages are short, and a clock ahead of the server's counts as now", () => {
  const shown = [-60_000, 0, 4_999, 5_000, 61_000, 7_199_999, 7_200_000, 86_400_000 * 1_200].map(agoText);
  assert.deepEqual(shown, ["now", "now", "now", "5 s", "1 min", "1 h", "2 h", "1,200 d"]);
});

/** @param {Partial<Situation>} situation */
const notice = (situation) =>
  noticeFor({
    connection: { name: "live" },
    sourcesError: null,
    sources: [{ id: "a", name: "app.log", state: "open" }],
    chosen: ["a"],
    empty: true,
    ...situation,
  });

test("a live view with lines has no notice", () => {
  assert.equal(notice({ empty: false }), null);
});

test("an empty page says why", () => {
  assert.equal(notice({})?.title, "No lines yet");
  assert.equal(notice({ sources: [], chosen: [] })?.title, "No sources yet");
  assert.equal(notice({ chosen: [] })?.title, "No source selected");
  assert.equal(notice({ sources: [{ id: "a", name: "app.log", state: "missing" }] })?.title, "app.log is missing");
  assert.equal(
    notice({ sources: [{ id: "a", name: "app.log", state: "unreadable" }] })?.title,
    "app.log cannot be read",
  );
  assert.equal(
    notice({ sources: [{ id: "a", name: "app.log", state: "unreadable", reason: "a symlink" }] })?.text,
    "Reason: a symlink. Lines appear here once it is readable.",
  );
  const damaged = { id: "a", name: "app.gz", state: "open", reason: "damaged: no text" };
  assert.equal(notice({ sources: [damaged] })?.title, "app.gz has no lines");
  assert.equal(notice({ connection: { name: "ended" } })?.title, "No lines");
});

test("no notice before the state is known", () => {
  assert.equal(notice({ sources: null, connection: { name: "idle" } }), null);
  assert.equal(notice({ connection: { name: "connecting" } }), null);
});

test("problems are shown with or without lines, with an action", () => {
  for (const empty of [true, false]) {
    assert.equal(notice({ empty, connection: { name: "signed-out" } })?.action?.command, "reload");
    assert.equal(notice({ empty, sourcesError: "signed-out" })?.title, "Signed out");
    assert.equal(notice({ empty, connection: { name: "refused", detail: "cursor: no" } })?.text, "cursor: no");
    assert.equal(notice({ empty, connection: { name: "reconnecting", retryAt: null } })?.action?.command, "retry");
    assert.equal(notice({ empty, connection: { name: "reconnecting", retryAt: 1 } })?.title, "Connection lost");
    assert.equal(notice({ empty, connection: { name: "server-ended", retryAt: null } })?.title, "The server stopped");
  }
});

test("a server that never answered is unreachable", () => {
  assert.equal(notice({ sources: null, sourcesError: "unreachable", connection: { name: "idle" } })?.title, "No connection");
});
