import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { linesEvent, makeHarness, settle } from "./hub-harness.js";
import { random } from "./random.js";

const LINGER = 10_000;
const HIDDEN = 300_000;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});

/** @param {ReturnType<typeof makeHarness>} harness @param {...(readonly string[])} subscriptions */
function openTabs(harness, ...subscriptions) {
  const tabs = subscriptions.map((sources) => {
    const tab = harness.tab();
    tab.follow(sources);
    return tab;
  });
  mock.timers.tick(0);
  harness.stream.open();
  return tabs;
}

test("all tabs share one stream of all their sources", () => {
  const harness = makeHarness({ a: 3, b: 2 });
  const [one, two] = openTabs(harness, ["a"], ["b", "a"]);
  assert.deepEqual(harness.stream.starts, [{ sources: ["a", "b"], cursor: "" }]);
  harness.stream.sendLines("a", 9);
  harness.stream.sendLines("b", 9);
  assert.deepEqual(one.texts, ["a 0", "a 1", "a 2"]);
  assert.deepEqual(two.texts, ["a 0", "a 1", "a 2", "b 0", "b 1"]);
  assert.deepEqual([one.connection.name, two.connection.name], ["live", "live"]);
});

test("a late subscriber gets the last lines at once, in order, and then new lines", () => {
  const harness = makeHarness({ a: 2, b: 2 });
  openTabs(harness, ["a", "b"]);
  for (const source of ["a", "b", "a", "b"]) harness.stream.sendLines(source, 1);
  const late = harness.tab();
  late.follow(["b", "a"]);
  assert.deepEqual(late.texts, ["a 0", "b 0", "a 1", "b 1"]);
  mock.timers.tick(0);
  assert.equal(harness.stream.starts.length, 1);
  assert.equal(late.connection.name, "live");
  harness.server.set("a", 3);
  harness.stream.sendLines("a", 9);
  assert.deepEqual(late.texts.at(-1), "a 2");
});

test("a new source joins the stream at its cursor, and live tabs stay live", () => {
  const harness = makeHarness({ a: 2, b: 1 });
  const [one] = openTabs(harness, ["a"]);
  harness.stream.sendLines("a", 2);
  const [two] = openTabs(harness, ["b"]);
  assert.deepEqual(harness.stream.starts[1], { sources: ["a", "b"], cursor: '[["a",2]]' });
  assert.equal(one.connection.name, "live");
  harness.stream.sendLines("b", 1);
  assert.deepEqual([one.texts, two.texts], [["a 0", "a 1"], ["b 0"]]);
});

test("an earlier subscription gets no more events, and cursors of other sources are not used", () => {
  const harness = makeHarness({ a: 2, b: 1 });
  const [tab] = openTabs(harness, ["a"]);
  harness.stream.sendLines("a", 1);
  tab.follow(["b"]);
  harness.stream.sendLines("a", 1);
  mock.timers.tick(0);
  assert.deepEqual(harness.stream.starts[1], { sources: ["b"], cursor: "" });
  harness.stream.open();
  harness.stream.sendLines("b", 1);
  assert.deepEqual(tab.texts, ["b 0"]);
});

test("a source that returns while the cursor covers it resumes exactly there", () => {
  const harness = makeHarness({ a: 4, b: 0 });
  const [tab] = openTabs(harness, ["a"], ["b"]);
  harness.stream.sendLines("a", 2);
  tab.follow([]);
  mock.timers.tick(0);
  tab.follow(["a"]);
  assert.deepEqual(tab.texts, ["a 0", "a 1"]);
  mock.timers.tick(0);
  harness.stream.open();
  harness.stream.sendLines("a", 9);
  assert.deepEqual(tab.texts, ["a 0", "a 1", "a 2", "a 3"]);
});

test("the buffer of a source is limited by lines and by size", () => {
  const harness = makeHarness({ a: 10_000 });
  openTabs(harness, ["a"]);
  for (let sent = 0; sent < 9_500; sent += 100) harness.stream.send(linesEvent("a", sent, sent + 100));
  const late = harness.tab();
  late.follow(["a"]);
  assert.ok(late.texts.length >= 500 && late.texts.length <= 2_000, `${late.texts.length}`);
  assert.equal(late.texts.at(-1), "a 9499");
  const long = "x".repeat(20_000);
  for (let sent = 9_500; sent < 9_700; sent += 10) harness.stream.send(linesEvent("a", sent, sent + 10, long));
  late.follow(["a"]);
  assert.ok(late.texts.join("").length <= 1_000_000);
  assert.equal(late.next.get("a"), 9_700);
});

test("a reloaded page finds the stream open; later the stream is closed", () => {
  const harness = makeHarness({ a: 2 });
  const [old] = openTabs(harness, ["a"]);
  harness.stream.sendLines("a", 2);
  old.leave();
  mock.timers.tick(LINGER - 1);
  const tab = harness.tab();
  tab.follow(["a"]);
  mock.timers.tick(1_000);
  assert.deepEqual([tab.texts, harness.stream.starts.length], [["a 0", "a 1"], 1]);
  tab.leave();
  mock.timers.tick(LINGER + 1);
  assert.equal(harness.stream.connection.value.name, "idle");
  openTabs(harness, ["a"]);
  assert.equal(harness.stream.starts[1].cursor, "");
});

test("a tab that returns soon misses nothing, a late one starts again", () => {
  const harness = makeHarness({ a: 1 });
  const [tab] = openTabs(harness, ["a"], ["a"]);
  tab.leave();
  harness.stream.sendLines("a", 1);
  assert.deepEqual(tab.texts, []);
  tab.return();
  assert.deepEqual([tab.texts, tab.resets], [["a 0"], 0]);
  tab.leave();
  mock.timers.tick(LINGER + 1);
  tab.return();
  assert.deepEqual([tab.texts, tab.resets], [["a 0"], 1]);
});

test("a closed tab does not keep a source in the stream", () => {
  const harness = makeHarness({ a: 1, b: 1 });
  const [one] = openTabs(harness, ["a"], ["b"]);
  one.close();
  mock.timers.tick(0);
  assert.deepEqual(harness.stream.starts.at(-1)?.sources, ["b"]);
});

test("the stream stops when all tabs are hidden for long, and resumes when one is visible", () => {
  const harness = makeHarness({ a: 3 });
  const [one, two] = openTabs(harness, ["a"], ["a"]);
  harness.stream.sendLines("a", 1);
  one.setHidden(true);
  mock.timers.tick(HIDDEN * 2);
  assert.equal(harness.stream.connection.value.name, "live");
  two.setHidden(true);
  mock.timers.tick(HIDDEN - 1);
  harness.stream.sendLines("a", 1);
  assert.deepEqual(one.texts, ["a 0", "a 1"]);
  mock.timers.tick(1);
  assert.equal(harness.stream.connection.value.name, "idle");
  two.setHidden(false);
  mock.timers.tick(0);
  assert.equal(harness.stream.starts[1].cursor, '[["a",2]]');
  harness.stream.open();
  harness.stream.sendLines("a", 1);
  assert.deepEqual([one.texts, one.texts], [two.texts, ["a 0", "a 1", "a 2"]]);
});

test("a hanging tab delays others only briefly and then gets a gap with the number of lines", async () => {
  const harness = makeHarness({ a: 1_000_000 });
  const [quick, slow] = openTabs(harness, ["a"], ["a"]);
  slow.takes = false;
  harness.stream.send(linesEvent("a", 0, 1_000, "x".repeat(1_000)));
  assert.equal(harness.stream.held, true);
  mock.timers.tick(200);
  for (let sent = 1_000; sent < 100_000; sent += 1_000) {
    await settle();
    assert.equal(harness.stream.held, false);
    harness.stream.send(linesEvent("a", sent, sent + 1_000));
  }
  assert.deepEqual([slow.texts.length, quick.texts.length], [1_000, 100_000]);
  slow.takes = true;
  slow.take();
  assert.equal(slow.next.get("a"), 100_000);
  assert.equal(slow.events.filter(({ kind }) => kind === "gap").length, 1);
});

test("tabs that acknowledge in time lose nothing", async () => {
  const harness = makeHarness({ a: 1_000_000 });
  const tabs = openTabs(harness, ["a"], ["a"]);
  for (const tab of tabs) tab.takes = false;
  for (let sent = 0; sent < 20_000; sent += 1_000) {
    harness.stream.send(linesEvent("a", sent, sent + 1_000, "x".repeat(1_000)));
    for (const tab of tabs) {
      assert.equal(harness.stream.held, true);
      tab.take();
      await settle();
    }
    assert.equal(harness.stream.held, false);
  }
  for (const tab of tabs) assert.equal(tab.texts.length, 20_000);
});

test("nothing is read while no tab can receive", async () => {
  const harness = makeHarness({ a: 1_000_000 });
  const [tab] = openTabs(harness, ["a"]);
  tab.takes = false;
  for (let sent = 0; sent < 500 && !harness.stream.held; sent += 1) {
    harness.server.set("a", 1_000_000 + sent);
    harness.stream.send(linesEvent("a", sent * 1_000, (sent + 1) * 1_000));
  }
  assert.equal(harness.stream.held, true);
  tab.take();
  await settle();
  assert.equal(harness.stream.held, false);
  assert.equal(tab.events.filter(({ kind }) => kind === "gap").length, 0);
});

test("the end is sent once to each affected tab, and again after a new subscription", () => {
  const harness = makeHarness({ a: 1 });
  const [one, two] = openTabs(harness, ["a"], ["a"]);
  harness.stream.sendLines("a", 1);
  harness.stream.send({ kind: "end", reason: "complete" });
  harness.stream.connection.set({ name: "ended" });
  for (const tab of [one, two]) assert.equal(tab.connection.name, "ended");
  for (const tab of [one, two]) assert.deepEqual(tab.events.at(-1), { kind: "end", reason: "complete" });
  mock.timers.tick(60_000);
  assert.equal(harness.stream.starts.length, 1);
  const [late] = openTabs(harness, ["a"]);
  harness.stream.sendLines("a", 1);
  harness.stream.connection.set({ name: "ended" });
  assert.deepEqual([late.texts, late.connection.name], [["a 0"], "ended"]);
  assert.equal(one.events.length, 2);
});

test("an unknown source is refused only to its tabs, and the others continue", async () => {
  const harness = makeHarness({ a: 1 });
  const [good] = openTabs(harness, ["a"]);
  harness.stream.sendLines("a", 1);
  harness.answers.set("x", { kind: "refused", detail: "no x" });
  const [bad] = openTabs(harness, ["x", "a"]);
  harness.stream.connection.set({ name: "refused", detail: "no x" });
  await settle();
  assert.deepEqual(bad.connection, { name: "refused", detail: "no x" });
  mock.timers.tick(0);
  harness.stream.open();
  assert.deepEqual(harness.stream.starts.at(-1), { sources: ["a"], cursor: '[["a",1]]' });
  assert.equal(good.connection.name, "live");
  assert.deepEqual(good.texts, ["a 0"]);
});

test("a refusal without a refused source applies to all", async () => {
  const harness = makeHarness();
  const [one, two] = openTabs(harness, ["a"], ["b"]);
  harness.stream.connection.set({ name: "refused", detail: "not here" });
  await settle();
  for (const { connection } of [one, two]) assert.deepEqual(connection, { name: "refused", detail: "not here" });
  mock.timers.tick(60_000);
  assert.equal(harness.stream.starts.length, 1);
  one.follow(["a"]);
  mock.timers.tick(0);
  assert.equal(harness.stream.starts.length, 2);
});

test("after a rejected cursor all tabs start again", async () => {
  const harness = makeHarness({ a: 1 });
  const [tab] = openTabs(harness, ["a"]);
  harness.stream.sendLines("a", 1);
  harness.stream.connection.set({ name: "refused", detail: "cursor: not of this server" });
  await settle();
  mock.timers.tick(0);
  assert.deepEqual([tab.resets, tab.connection.name], [1, "connecting"]);
  assert.deepEqual(harness.stream.starts.at(-1), { sources: ["a"], cursor: "" });
});

test("signing in again reconnects all tabs", () => {
  const harness = makeHarness({ a: 1 });
  const [one, two] = openTabs(harness, ["a"], ["a"]);
  harness.stream.connection.set({ name: "signed-out" });
  assert.equal(two.connection.name, "signed-out");
  mock.timers.tick(60_000);
  assert.equal(harness.stream.starts.length, 1);
  one.retry();
  mock.timers.tick(0);
  harness.stream.open();
  assert.deepEqual([one.connection.name, two.connection.name], ["live", "live"]);
});

test("a repeated state is not delivered again", () => {
  const harness = makeHarness({ a: 1 });
  const [tab] = openTabs(harness, ["a"]);
  for (let round = 0; round < 3; round += 1) harness.stream.send({ kind: "source", source: "a", state: "missing" });
  harness.stream.send({ kind: "source", source: "a", state: "open" });
  assert.deepEqual(tab.events.map((event) => event.kind === "source" && event.state), ["missing", "open"]);
});

test("random operations: each tab gets each line of its sources once, in order", async () => {
  for (let seed = 1; seed <= 40; seed += 1) await live(seed);
});

/** @param {number} seed */
async function live(seed) {
  const { next, below } = random(seed);
  const ids = ["a", "b", "c"];
  const harness = makeHarness(Object.fromEntries(ids.map((id) => [id, below(1_500)])));
  const tabs = [harness.tab(), harness.tab(), harness.tab(), harness.tab()];
  // Long lines make tabs fall behind.
  harness.stream.padding = seed % 4 === 0 ? "x".repeat(1_000) : "";
  const some = () => ids.filter(() => next() < 0.5);
  const one = () => ids[below(ids.length)];
  for (let step = 0; step < 300; step += 1) {
    const tab = tabs[below(tabs.length)];
    const { stream, server } = harness;
    const ready = !stream.held && stream.sources.length > 0;
    const chance = next();
    const source = one();
    if (chance < 0.2) server.set(source, (server.get(source) ?? 0) + below(next() < 0.1 ? 40_000 : 300));
    else if (chance < 0.6 && ready && stream.sources.includes(source)) stream.sendLines(source, 1 + below(1_000));
    else if (chance < 0.62 && ready && stream.sources.includes(source)) stream.skip(source, below(500));
    else if (chance < 0.66) stream.breakOff();
    else if (chance < 0.72 && !tab.away) tab.follow(some());
    else if (chance < 0.76) tab.away ? tab.return() : tab.leave();
    else if (chance < 0.8 && !tab.away) tab.setHidden(next() < 0.7);
    else if (chance < 0.86 && !tab.away) (tab.takes = !tab.takes) && tab.take();
    else if (chance < 0.94) mock.timers.tick(0);
    else if (chance < 0.96) mock.timers.tick(below(2) ? LINGER : HIDDEN);
    else stream.open();
    await settle();
  }
  await finish(harness, tabs, one);
}

/**
 * @param {ReturnType<typeof makeHarness>} harness
 * @param {ReturnType<typeof harness.tab>[]} tabs
 * @param {() => string} one
 */
async function finish({ stream, server }, tabs, one) {
  for (const tab of tabs) {
    if (tab.away) tab.return();
    tab.setHidden(false);
    tab.takes = true;
    tab.take();
  }
  mock.timers.tick(0);
  stream.open();
  await settle();
  for (let round = 0; round < 2_000; round += 1) {
    const source = one();
    if (stream.sources.includes(source)) stream.sendLines(source, 1_000);
    await settle();
  }
  for (const tab of tabs) {
    for (const source of tab.sources) {
      const total = server.get(source) ?? 0;
      assert.equal(tab.next.get(source) ?? total, total, `${source} up to its end`);
      if (total > 0) assert.ok(tab.next.has(source), `${source} at all`);
    }
  }
}
