import assert from "node:assert/strict";
import { test } from "node:test";

import { FileDocument } from "../../static/js/model/file-document.js";
import { random } from "./random.js";

/** @typedef {import("../../static/js/model/file-document.js").LinesAnswer} LinesAnswer */

const LINE_BYTES = 40;

/** The server's view of a source: files, and how far each is counted. Cursors are "file:index". */
class FakeServer {
  /** @type {{id: string, lines: string[], counted: number}[]} */
  files = [];
  boot = 0;
  /** How many of the oldest files are not decoded yet. */
  hidden = 0;

  /** @param {number} lines @param {boolean} counted */
  addFile(lines, counted = true) {
    const id = `b${this.boot}f${this.files.length}`;
    const file = { id, lines: Array.from({ length: lines }, (_, n) => `${this.files.length}/${n}`), counted: 0 };
    if (counted) file.counted = lines;
    this.files.push(file);
    return file;
  }

  /** @param {number} count */
  append(count) {
    const file = this.live;
    const before = file.lines.length;
    const isCounted = file.counted === before;
    const number = this.files.length - 1;
    for (let n = 0; n < count; n += 1) file.lines.push(`${number}/${before + n}`);
    if (isCounted) file.counted = file.lines.length;
    return this.event(before, count);
  }

  /** @param {number} from @param {number} count */
  event(from, count) {
    const file = this.live;
    return /** @type {any} */ ({
      kind: "lines",
      source: "a",
      file: file.id,
      at: `${file.id}:${from}`,
      n: file.counted === file.lines.length ? from + 1 : null,
      lines: file.lines.slice(from, from + count),
    });
  }

  get live() {
    return this.files[this.files.length - 1];
  }

  restart() {
    this.boot += 1;
    this.files.forEach((file, number) => (file.id = `b${this.boot}f${number}`));
  }

  /** @param {Record<string, any>} query @returns {LinesAnswer} */
  answer({ start, count, at, before }) {
    const files = this.files.slice(this.hidden);
    const all = files.flatMap((file) => file.lines.map((text, index) => ({ file, text, index })));
    const complete = !this.hidden && files.every((file) => file.counted === file.lines.length);
    const cursor = at ?? before;
    let first = start < 0 ? Math.max(0, all.length + start) : start;
    if (cursor) {
      const [, number, index] = /** @type {RegExpMatchArray} */ (cursor.match(/f(\d+):(\d+)/)).map(Number);
      const position = all.findIndex(({ file, index: each }) => file === this.files[number] && each === index);
      first = at ? position : Math.max(0, position - count);
      count = at ? count : position - first;
    }
    const reached = start >= 0 && !complete && first + count > this.live.counted ? [] : all.slice(first, first + count);
    return {
      total: complete ? all.length : null,
      complete,
      start: complete ? first : null,
      files: files.map(({ id, lines, counted }) => ({
        file: id,
        first: 1,
        lines: counted,
        counted: counted * LINE_BYTES,
        size: lines.length * LINE_BYTES,
        loss: null,
      })),
      lines: reached.map(({ file, text, index }) => ({
        source: "a",
        file: file.id,
        n: file.counted === file.lines.length ? index + 1 : null,
        text,
        level: null,
        time: null,
        at: `${file.id}:${index}`,
      })),
    };
  }
}

/** A list that shows a document, keeps its position and requests visible lines. */
class FakeList {
  top = 0;
  requests = 0;
  gone = 0;

  /** @param {FakeServer} server */
  constructor(server) {
    this.server = server;
    this.document = new FileDocument("a", {
      load: async (query) => {
        this.requests += 1;
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
      top: () => this.top,
      gone: () => (this.gone += 1),
    });
  }

  get text() {
    const row = this.document.row(this.top);
    return row?.kind === "line" ? row.text : row?.kind;
  }

  /** Check that every loaded line is in its row. */
  check() {
    const { document, server } = this;
    for (const file of server.files) {
      const number = server.files.indexOf(file);
      for (let row = 0; row < document.total; row += 1) {
        const found = document.row(row);
        const position = document.position(row);
        if (found?.kind !== "line" || position.file.id !== file.id || !position.file.exact) continue;
        assert.equal(found.text, `${number}/${position.index}`);
      }
    }
  }

  /** @param {() => boolean} done */
  async until(done) {
    for (let turn = 0; turn < 5_000; turn += 1) {
      if (done()) return;
      this.document.want(this.top, this.top + 40);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assert.fail("it never came");
  }
}

test("older files appear once they are decoded, and the visible line stays", async () => {
  const server = new FakeServer();
  server.addFile(700);
  server.addFile(300);
  server.hidden = 1;
  const list = new FakeList(server);
  list.document.open(null);
  await list.until(() => list.document.total === 300);
  assert.equal(list.document.exact, false);
  list.top = 150;
  await list.until(() => list.text === "1/150");
  server.hidden = 0;
  await list.until(() => list.document.exact);
  assert.equal(list.document.linesIn(list.document.total), 1000);
  assert.equal(list.text, "1/150");
  list.check();
});

test("a counted file has all its rows at once, and visible lines are loaded", async () => {
  const server = new FakeServer();
  server.addFile(100_000);
  const list = new FakeList(server);
  list.document.open(null);
  await list.until(() => list.document.total === 100_000);
  assert.equal(list.document.exact, true);
  for (const row of [0, 1, 499, 500, 54_321, 99_999]) {
    list.top = row;
    await list.until(() => list.text === `0/${row}`);
  }
  assert.ok(list.requests < 10);
  list.document.close();
});

test("the visible rows stay the same while a file is counted", async () => {
  const server = new FakeServer();
  const file = server.addFile(50_000, false);
  const list = new FakeList(server);
  list.document.accept(server.event(49_800, 200));
  list.document.open(null);
  await list.until(() => list.document.countedShare !== null);
  list.top = list.document.total - 100;
  const seen = list.text;
  assert.equal(seen, "0/49900");
  file.counted = 20_000;
  await list.until(() => list.document.countedShare === 0.4);
  assert.equal(list.text, seen);
  list.document.accept(server.append(10));
  assert.equal(list.text, seen);
  list.top -= 700;
  await list.until(() => list.text === "0/49200");
  file.counted = file.lines.length;
  await list.until(() => list.document.exact && list.document.total === 50_010);
  assert.equal(list.text, "0/49200");
  assert.equal(list.top, 49_200);
  list.check();
  list.document.close();
});

test("a rotated file stays above the new file, with a divider between them", async () => {
  const server = new FakeServer();
  server.addFile(1_000);
  const list = new FakeList(server);
  list.document.open(null);
  await list.until(() => list.document.total === 1_000);
  list.top = 950;
  await list.until(() => list.text === "0/950");
  server.addFile(0);
  list.document.accept(server.append(5));
  await list.until(() => list.document.total === 1_006);
  assert.equal(list.text, "0/950");
  list.top = 1_000;
  assert.equal(list.text, "divider");
  list.top = 1_003;
  assert.equal(list.text, "1/2");
  assert.equal(list.document.number(1_003), 3);
  const { document } = list;
  assert.deepEqual([0, 1, 1_000, 1_001, 1_002, 1_006].map((rows) => document.linesIn(rows)), [0, 1, 1_000, 1_000, 1_001, 1_005]);
  list.document.close();
});

test("the same line is in view after a restart of the server", async () => {
  const server = new FakeServer();
  server.addFile(5_000);
  const list = new FakeList(server);
  list.document.open(null);
  await list.until(() => list.document.total === 5_000);
  list.top = 2_345;
  await list.until(() => list.text === "0/2345");
  server.restart();
  list.document.accept(server.append(3));
  await list.until(() => list.document.total === 5_003 && list.text === "0/2345");
  assert.equal(list.top, 2_345);
  list.document.close();
});

test("a link opens its line", async () => {
  const server = new FakeServer();
  server.addFile(300);
  server.addFile(700);
  const list = new FakeList(server);
  list.document.open("b0f0:123");
  await list.until(() => list.text === "0/123");
  assert.equal(list.document.total, 1_001);
  assert.deepEqual(list.document.cursor(123), { at: "b0f0:123", below: 0 });
  list.document.close();
});

test("skipped lines have rows and are loaded when they come into view", async () => {
  const server = new FakeServer();
  server.addFile(100);
  const list = new FakeList(server);
  list.document.open(null);
  await list.until(() => list.document.total === 100);
  server.append(5_000);
  list.document.accept({ kind: "gap", source: "a", reason: "skipped", lines: 4_900 });
  list.document.accept(server.event(5_000, 100));
  assert.equal(list.document.total, 5_100);
  assert.equal(list.document.received, 5_000);
  assert.equal(list.document.skipped, 4_900);
  list.top = 2_000;
  await list.until(() => list.text === "0/2000");
  list.check();
  list.document.close();
});

test("random operations: every displayed line is in its row", async () => {
  for (let seed = 1; seed <= 25; seed += 1) {
    const { below } = random(seed);
    const server = new FakeServer();
    server.addFile(below(3_000), below(2) === 0);
    const list = new FakeList(server);
    const { length } = server.live.lines;
    const tail = Math.min(length, 500);
    if (tail > 0) list.document.accept(server.event(length - tail, tail));
    list.document.open(null);
    for (let step = 0; step < 40; step += 1) {
      const dice = below(10);
      if (dice < 4) list.document.accept(server.append(1 + below(400)));
      else if (dice === 4 && server.live.counted === server.live.lines.length) server.addFile(0);
      else if (dice === 5) server.live.counted = server.live.lines.length;
      else if (dice === 6) await new Promise((resolve) => setTimeout(resolve, 2));
      else list.top = below(Math.max(1, list.document.total));
      list.document.want(list.top, list.top + 40);
      list.check();
    }
    server.live.counted = server.live.lines.length;
    list.document.accept(server.append(1));
    const rows = server.files.reduce((sum, { lines }) => sum + lines.length, server.files.length - 1);
    await list.until(() => list.document.total === rows && list.document.exact);
    for (let look = 0; look < 5; look += 1) {
      list.top = below(rows);
      await list.until(() => list.document.row(list.top) !== null);
      list.check();
    }
    list.document.close();
  }
});
