import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAge, formatTime, isZone } from "../../static/js/text/time.js";
import { random } from "./random.js";

const NOON = Date.UTC(2026, 10, 21, 12, 0, 1, 120);

test("times have a fixed width, with or without a date", () => {
  assert.equal(formatTime(NOON, { zone: "utc", date: false }), "12:00:01.120");
  assert.equal(formatTime(NOON, { zone: "utc", date: true }), "2026-11-21 12:00:01.120");
});

test("each zone has its own time and date", () => {
  assert.equal(formatTime(NOON, { zone: "Europe/Berlin", date: false }), "13:00:01.120");
  assert.equal(formatTime(NOON, { zone: "UTC", date: false }), "12:00:01.120");
  assert.equal(formatTime(NOON, { zone: "Asia/Kathmandu", date: false }), "17:45:01.120");
  assert.equal(formatTime(NOON, { zone: "Pacific/Kiritimati", date: true }), "2026-11-22 02:00:01.120");
  assert.equal(formatTime(NOON, { zone: "America/St_Johns", date: false }), "08:30:01.120");
});

test("clock changes apply to the millisecond", () => {
  const change = Date.UTC(2026, 2, 29, 1);
  assert.equal(formatTime(change - 1, { zone: "Europe/Berlin", date: false }), "01:59:59.999");
  assert.equal(formatTime(change, { zone: "Europe/Berlin", date: false }), "03:00:00.000");
  const half = Date.UTC(2026, 3, 4, 15);
  assert.equal(formatTime(half - 1, { zone: "Australia/Lord_Howe", date: false }), "01:59:59.999");
  assert.equal(formatTime(half, { zone: "Australia/Lord_Howe", date: false }), "01:30:00.000");
});

test("local time is the browser's", () => {
  const there = new Date(NOON);
  const [hour, minute] = [there.getHours(), there.getMinutes()].map((value) => String(value).padStart(2, "0"));
  assert.equal(formatTime(NOON, { zone: "local", date: false }), `${hour}:${minute}:01.120`);
});

test("random times and zones: the result equals Intl", () => {
  const { next, below } = random(4);
  const zones = ["America/New_York", "Asia/Kolkata", "Pacific/Chatham", "Africa/Casablanca", "Australia/Lord_Howe"];
  for (const zone of zones) {
    const format = new Intl.DateTimeFormat("sv", { dateStyle: "short", timeStyle: "medium", timeZone: zone });
    for (let round = 0; round < 200; round += 1) {
      const ms = Math.floor(next() * Date.UTC(2038, 0, 1)) - below(2) * 500_000_000_000;
      assert.equal(formatTime(ms, { zone, date: true }).slice(0, 19), format.format(ms), `${zone} ${ms}`);
    }
  }
});

test("times out of range are empty", () => {
  for (const zone of ["utc", "Europe/Berlin"]) {
    assert.equal(formatTime(1e18, { zone, date: true }), "");
    assert.equal(formatTime(NaN, { zone, date: true }), "");
  }
});

test("unknown zones are rejected", () => {
  for (const zone of ["local", "utc", "UTC", "Europe/Berlin"]) assert.equal(isZone(zone), true, zone);
  for (const zone of ["", "Middle/Earth", "12"]) assert.equal(isZone(zone), false, zone);
});

test("an age has at most eight characters", () => {
  const ages = [
    [0, "-0.0s"],
    [12_345, "-12.3s"],
    [59_999, "-59.9s"],
    [60_000, "-1m 00s"],
    [125_000, "-2m 05s"],
    [3_599_999, "-59m 59s"],
    [11_220_000, "-3h 07m"],
    [388_800_000, "-4d 12h"],
    [8_639_999_999, "-99d 23h"],
    [34_560_000_000, "-400d"],
    [-1_000, "+1.0s"],
  ];
  for (const [age, words] of ages) {
    assert.equal(formatAge(NOON - Number(age), NOON), words);
    assert.ok(String(words).length <= 8);
  }
});
