import assert from "node:assert/strict";
import { test } from "node:test";

import { ViewDocument } from "../../static/js/model/view-document.js";
import { random } from "./random.js";

/** @typedef {import("../../static/js/model/file-document.js").LinesAnswer} LinesAnswer */

/** The server's matches in one file: every tenth line. Cursors are indexes of matches. */
class FakeServer {
  /** @type {string[]} */
  lines = [];
  scanned = true;
  numbered = true;
  requests = 0;

  /** @param {number} lines */
  constructor(lines) {
    this.append(lines);
  }

  /** @param {number} count */
  append(count) {
    const before = this.lines.length;
    for (let n = 0; n < count; n += 1) this.lines.push(`match ${before + n}`);
    return this.event(before, this.lines.length);
  }

  /** @param {number} from @param {number} to */
  event(from, to) {
    const indexes = Array.from({ length: to - from }, (_, offset) => from + offset);
    return /** @type {any} */ ({
      kind: "lines",
      source: "a",
      file: "f",
      at: null,
      n: null,
      ns: indexes.map((index) => (this.numbered ? index * 10 + 1 : null)),
      lines: indexes.map((index) => this.lines[index]),
    });
  }

  /** @param {Record<string, any>} query @returns {LinesAnswer} */
  answer({ start, count, at, before }) {
    this.requests += 1;
    let first = start < 0 ? Math.max(0, this.lines.length + start) : start;
    if (at !== undefined) first = Number(at);
    if (before !== undefined) [first, count] = [Math.max(0, Number(before) - count), Math.min(count, Number(before))];
    const isHere = this.scanned || start === undefined || start < 0;
    const { length } = this.lines;
    const end = Math.min(length, first + count);
    const total = this.scanned ? length : null;
    return {
      total,
      complete: this.scanned,
      start: this.scanned ? first : null,
      files: [{ file: "f", first: 1, lines: this.scanned ? length : 10, counted: this.scanned ? 1_000 : 100, size: 1_000, loss: null }],
      lines: (isHere ? this.lines.slice(first, end) : []).map((text, offset) => ({
        source: "a",
        file: "f",
        n: this.numbered ? (first + offset) * 10 + 1 : null,
        text,
        level: null,
        time: null,
        at: String(first + offset),
      })),
    };
  }
}

/** A list that shows a document, keeps its position and requests visible lines. */
class FakeList {
  top = 0;
  gone = 0;
  follows = true;

  /** @param {FakeServer} server */
  constructor(server) {
    this.document = new ViewDocument({
      load: async (query) => {
        await null;
        return server.answer(query);
      },
      change: (change) => {
        const { total } = this.document;
        const position = total > 0 ? this.document.position(Math.min(this.top, total - 1)) : null;
        change();
        if (position) this.top = this.document.locate(position);
      },
      moveTo: (row) => (this.top = row),
      top: () => (this.follows ? null : this.top),
      gone: () => (this.gone += 1),
    });
  }

  /** @param {number} row */
  text(row) {
    const found = this.document.row(row);
    return found?.kind === "line" ? found.text : (found?.kind ?? null);
  }

  get last() {
    return this.text(this.document.total - 1);
  }
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const later = () => new Promise((resolve) => setTimeout(resolve, 450));

/** @param {FakeServer} server @param {string | null} [at] */
async function open(server, at = null) {
  const list = new FakeList(server);
  list.document.open(at);
  await settle();
  return list;
}

test("a view opens at its end, and any line is requested by position", async () => {
  const list = await open(new FakeServer(20_000));
  assert.deepEqual([list.document.total, list.last, list.text(5_000)], [20_000, "match 19999", null]);
  list.document.want(5_000, 5_040);
  await settle();
  assert.equal(list.text(5_000), "match 5000");
  assert.equal(list.document.number(5_000), 50_001);
  list.document.close();
});

test("live lines are added once, before or after the first answer", async () => {
  const server = new FakeServer(1_000);
  const list = new FakeList(server);
  list.document.open(null);
  list.document.accept(server.event(500, 1_000));
  list.document.accept(server.append(3));
  await settle();
  list.document.accept(server.append(2));
  assert.deepEqual([list.document.total, list.last], [1_005, "match 1004"]);
  assert.equal(list.text(1_002), "match 1002");
  list.document.refresh();
  await settle();
  assert.equal(list.document.total, 1_005);
  list.document.close();
});

test("lines without numbers are not duplicated", async () => {
  const server = new FakeServer(1_000);
  server.numbered = false;
  const list = new FakeList(server);
  list.document.open(null);
  list.document.accept(server.event(500, 1_000));
  await settle();
  list.document.accept(server.append(2));
  assert.deepEqual([list.document.total, list.last], [1_002, "match 1001"]);
  list.document.close();
});

test("during the search the end is shown and older lines load by cursor; then positions are final", async () => {
  const server = new FakeServer(20_000);
  server.scanned = false;
  const list = await open(server);
  assert.equal(list.last, "match 19999");
  assert.ok(!list.document.exact);
  assert.ok(Number(list.document.countedShare) < 1);
  list.top = list.document.total - 500;
  list.document.want(list.top - 100, list.top);
  await settle();
  assert.equal(list.text(list.top - 1), "match 19499");
  server.scanned = true;
  await later();
  await later();
  assert.ok(list.document.exact);
  assert.deepEqual([list.document.total, list.last, list.top], [20_000, "match 19999", 19_500]);
  list.document.close();
});

test("a cursor opens its line, or the next remaining line", async () => {
  const list = await open(new FakeServer(20_000), "7000");
  assert.deepEqual([list.top, list.text(list.top)], [7_000, "match 7000"]);
  assert.deepEqual(list.document.cursor(7_003), { at: "7003", below: 0 });
  list.document.close();
});

test("skipped lines are loaded after a gap", async () => {
  const server = new FakeServer(1_000);
  const list = await open(server);
  server.append(5_000);
  list.document.accept({ kind: "gap", source: "a", reason: "skipped", lines: 4_900 });
  list.document.accept(server.append(10));
  await settle();
  assert.deepEqual([list.document.total, list.last], [6_010, "match 6009"]);
  list.document.want(3_000, 3_040);
  await settle();
  assert.equal(list.text(3_000), "match 3000");
  list.document.close();
});

test("a loss is shown, and positions start again", async () => {
  const server = new FakeServer(1_000);
  const list = await open(server);
  server.lines = [];
  server.append(10);
  list.document.accept({ kind: "gap", source: "a", reason: "truncated", lines: null });
  await settle();
  assert.deepEqual([list.document.total, list.text(0), list.last], [11, "gap", "match 9"]);
  list.document.close();
});

test("state changes are shown between lines and move no line", async () => {
  const server = new FakeServer(1_000);
  const list = await open(server);
  list.document.accept({ kind: "source", source: "a", state: "open" });
  list.document.accept({ kind: "source", source: "a", state: "missing" });
  list.document.accept(server.append(2));
  assert.deepEqual([list.text(999), list.text(1_000), list.text(1_001)], ["match 999", "source", "match 1000"]);
  assert.equal(list.document.rowOfLine(1_001), 1_001);
  for (const row of [0, 999, 1_000, 1_001]) assert.equal(list.document.locate(list.document.position(row)), row);
  assert.deepEqual(
    (await list.document.collect(998, 1_002)).map(({ text }) => text),
    ["match 998", "match 999", "match 1000"],
  );
  list.document.close();
});

test("random events: each row has its line", async () => {
  const { next } = random(7);
  for (let round = 0; round < 20; round += 1) {
    const server = new FakeServer(Math.floor(next() * 3_000));
    const list = new FakeList(server);
    list.document.open(null);
    for (let step = 0; step < 30; step += 1) {
      const what = next();
      if (what < 0.5) list.document.accept(server.append(Math.floor(next() * 50) + 1));
      else if (what < 0.7) list.document.refresh();
      else if (what < 0.9) await settle();
      else list.document.want(Math.floor(next() * list.document.total), list.document.total);
    }
    await settle();
    assert.equal(list.document.total, server.lines.length);
    for (let row = 0; row < list.document.total; row += 1) {
      const text = list.text(row);
      assert.ok(text === null || text === `match ${row}`, `${row}: ${text}`);
    }
    list.document.close();
  }
});
