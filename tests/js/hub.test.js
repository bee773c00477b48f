import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { linesEvent, makeWorld, settle } from "./hub-harness.js";
import { random } from "./random.js";

const LINGER = 10_000;
const HIDDEN = 300_000;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
});

/** @param {ReturnType<typeof makeWorld>} world @param {...(readonly string[])} choices */
function openTabs(world, ...choices) {
  const tabs = choices.map((sources) => {
    const tab = world.tab();
    tab.follow(sources);
    return tab;
  });
  mock.timers.tick(0);
  world.stream.open();
  return tabs;
}

test("all tabs share one stream of all their sources", () => {
  const world = makeWorld({ a: 3, b: 2 });
  const [one, two] = openTabs(world, ["a"], ["b", "a"]);
  assert.deepEqual(world.stream.starts, [{ sources: ["a", "b"], cursor: "" }]);
  world.stream.sendLines("a", 9);
  world.stream.sendLines("b", 9);
  assert.deepEqual(one.texts, ["a 0", "a 1", "a 2"]);
  assert.deepEqual(two.texts, ["a 0", "a 1", "a 2", "b 0", "b 1"]);
  assert.deepEqual([one.connection.name, two.connection.name], ["live", "live"]);
});

test("a late subscriber gets the last lines at once, in order, and then new lines", () => {
  const world = makeWorld({ a: 2, b: 2 });
  openTabs(world, ["a", "b"]);
  for (const source of ["a", "b", "a", "b"]) world.stream.sendLines(source, 1);
  const late = world.tab();
  late.follow(["b", "a"]);
  assert.deepEqual(late.texts, ["a 0", "b 0", "a 1", "b 1"]);
  mock.timers.tick(0);
  assert.equal(world.stream.starts.length, 1);
  assert.equal(late.connection.name, "live");
  world.server.set("a", 3);
  world.stream.sendLines("a", 9);
  assert.deepEqual(late.texts.at(-1), "a 2");
});

test("a new source joins the stream at its cursor, and live tabs stay live", () => {
  const world = makeWorld({ a: 2, b: 1 });
  const [one] = openTabs(world, ["a"]);
  world.stream.sendLines("a", 2);
  const [two] = openTabs(world, ["b"]);
  assert.deepEqual(world.stream.starts[1], { sources: ["a", "b"], cursor: '[["a",2]]' });
  assert.equal(one.connection.name, "live");
  world.stream.sendLines("b", 1);
  assert.deepEqual([one.texts, two.texts], [["a 0", "a 1"], ["b 0"]]);
});

test("an earlier subscription gets no more events, and cursors of other sources are not used", () => {
  const world = makeWorld({ a: 2, b: 1 });
  const [tab] = openTabs(world, ["a"]);
  world.stream.sendLines("a", 1);
  tab.follow(["b"]);
  world.stream.sendLines("a", 1);
  mock.timers.tick(0);
  assert.deepEqual(world.stream.starts[1], { sources: ["b"], cursor: "" });
  world.stream.open();
  world.stream.sendLines("b", 1);
  assert.deepEqual(tab.texts, ["b 0"]);
});

test("a source that returns while the cursor covers it resumes exactly there", () => {
  const world = makeWorld({ a: 4, b: 0 });
  const [tab] = openTabs(world, ["a"], ["b"]);
  world.stream.sendLines("a", 2);
  tab.follow([]);
  mock.timers.tick(0);
  tab.follow(["a"]);
  assert.deepEqual(tab.texts, ["a 0", "a 1"]);
  mock.timers.tick(0);
  world.stream.open();
  world.stream.sendLines("a", 9);
  assert.deepEqual(tab.texts, ["a 0", "a 1", "a 2", "a 3"]);
});

test("the buffer of a source is limited by lines and by size", () => {
  const world = makeWorld({ a: 10_000 });
  openTabs(world, ["a"]);
  for (let sent = 0; sent < 9_500; sent += 100) world.stream.send(linesEvent("a", sent, sent + 100));
  const late = world.tab();
  late.follow(["a"]);
  assert.ok(late.texts.length >= 500 && late.texts.length <= 2_000, `${late.texts.length}`);
  assert.equal(late.texts.at(-1), "a 9499");
  const long = "x".repeat(20_000);
  for (let sent = 9_500; sent < 9_700; sent += 10) world.stream.send(linesEvent("a", sent, sent + 10, long));
  late.follow(["a"]);
  assert.ok(late.texts.join("").length <= 1_000_000);
  assert.equal(late.next.get("a"), 9_700);
});

test("a reloaded page finds the stream open; later the stream is closed", () => {
  const world = makeWorld({ a: 2 });
  const [old] = openTabs(world, ["a"]);
  world.stream.sendLines("a", 2);
  old.leave();
  mock.timers.tick(LINGER - 1);
  const tab = world.tab();
  tab.follow(["a"]);
  mock.timers.tick(1_000);
  assert.deepEqual([tab.texts, world.stream.starts.length], [["a 0", "a 1"], 1]);
  tab.leave();
  mock.timers.tick(LINGER + 1);
  assert.equal(world.stream.connection.value.name, "idle");
  openTabs(world, ["a"]);
  assert.equal(world.stream.starts[1].cursor, "");
});

test("a tab that returns soon misses nothing, a late one starts again", () => {
  const world = makeWorld({ a: 1 });
  const [tab] = openTabs(world, ["a"], ["a"]);
  tab.leave();
  world.stream.sendLines("a", 1);
  assert.deepEqual(tab.texts, []);
  tab.return();
  assert.deepEqual([tab.texts, tab.anew], [["a 0"], 0]);
  tab.leave();
  mock.timers.tick(LINGER + 1);
  tab.return();
  assert.deepEqual([tab.texts, tab.anew], [["a 0"], 1]);
});

test("a closed tab does not keep a source in the stream", () => {
  const world = makeWorld({ a: 1, b: 1 });
  const [one] = openTabs(world, ["a"], ["b"]);
  one.close();
  mock.timers.tick(0);
  assert.deepEqual(world.stream.starts.at(-1)?.sources, ["b"]);
});

test("the stream stops when all tabs are hidden for long, and resumes when one is visible", () => {
  const world = makeWorld({ a: 3 });
  const [one, two] = openTabs(world, ["a"], ["a"]);
  world.stream.sendLines("a", 1);
  one.setHidden(true);
  mock.timers.tick(HIDDEN * 2);
  assert.equal(world.stream.connection.value.name, "live");
  two.setHidden(true);
  mock.timers.tick(HIDDEN - 1);
  world.stream.sendLines("a", 1);
  assert.deepEqual(one.texts, ["a 0", "a 1"]);
  mock.timers.tick(1);
  assert.equal(world.stream.connection.value.name, "idle");
  two.setHidden(false);
  mock.timers.tick(0);
  assert.equal(world.stream.starts[1].cursor, '[["a",2]]');
  world.stream.open();
  world.stream.sendLines("a", 1);
  assert.deepEqual([one.texts, one.texts], [two.texts, ["a 0", "a 1", "a 2"]]);
});

test("a hanging tab delays others only briefly and then gets a gap with the number of lines", async () => {
  const world = makeWorld({ a: 1_000_000 });
  const [quick, slow] = openTabs(world, ["a"], ["a"]);
  slow.takes = false;
  world.stream.send(linesEvent("a", 0, 1_000, "x".repeat(1_000)));
  assert.equal(world.stream.held, true);
  mock.timers.tick(200);
  for (let sent = 1_000; sent < 100_000; sent += 1_000) {
    await settle();
    assert.equal(world.stream.held, false);
    world.stream.send(linesEvent("a", sent, sent + 1_000));
  }
  assert.deepEqual([slow.texts.length, quick.texts.length], [1_000, 100_000]);
  slow.takes = true;
  slow.take();
  assert.equal(slow.next.get("a"), 100_000);
  assert.equal(slow.events.filter(({ kind }) => kind === "gap").length, 1);
});

test("tabs that acknowledge in time lose nothing", async () => {
  const world = makeWorld({ a: 1_000_000 });
  const tabs = openTabs(world, ["a"], ["a"]);
  for (const tab of tabs) tab.takes = false;
  for (let sent = 0; sent < 20_000; sent += 1_000) {
    world.stream.send(linesEvent("a", sent, sent + 1_000, "x".repeat(1_000)));
    for (const tab of tabs) {
      assert.equal(world.stream.held, true);
      tab.take();
      await settle();
    }
    assert.equal(world.stream.held, false);
  }
  for (const tab of tabs) assert.equal(tab.texts.length, 20_000);
});

test("nothing is read while no tab can receive", async () => {
  const world = makeWorld({ a: 1_000_000 });
  const [tab] = openTabs(world, ["a"]);
  tab.takes = false;
  for (let sent = 0; sent < 500 && !world.stream.held; sent += 1) {
    world.server.set("a", 1_000_000 + sent);
    world.stream.send(linesEvent("a", sent * 1_000, (sent + 1) * 1_000));
  }
  assert.equal(world.stream.held, true);
  tab.take();
  await settle();
  assert.equal(world.stream.held, false);
  assert.equal(tab.events.filter(({ kind }) => kind === "gap").length, 0);
});

test("the end is sent once to each affected tab, and again after a new subscription", () => {
  const world = makeWorld({ a: 1 });
  const [one, two] = openTabs(world, ["a"], ["a"]);
  world.stream.sendLines("a", 1);
  world.stream.send({ kind: "end", reason: "complete" });
  world.stream.connection.set({ name: "ended" });
  for (const tab of [one, two]) assert.equal(tab.connection.name, "ended");
  for (const tab of [one, two]) assert.deepEqual(tab.events.at(-1), { kind: "end", reason: "complete" });
  mock.timers.tick(60_000);
  assert.equal(world.stream.starts.length, 1);
  const [late] = openTabs(world, ["a"]);
  world.stream.sendLines("a", 1);
  world.stream.connection.set({ name: "ended" });
  assert.deepEqual([late.texts, late.connection.name], [["a 0"], "ended"]);
  assert.equal(one.events.length, 2);
});

test("an unknown source is refused only to its tabs, and the others continue", async () => {
  const world = makeWorld({ a: 1 });
  const [good] = openTabs(world, ["a"]);
  world.stream.sendLines("a", 1);
  world.answers.set("x", { verdict: "refused", detail: "no x" });
  const [bad] = openTabs(world, ["x", "a"]);
  world.stream.connection.set({ name: "refused", detail: "no x" });
  await settle();
  assert.deepEqual(bad.connection, { name: "refused", detail: "no x" });
  mock.timers.tick(0);
  world.stream.open();
  assert.deepEqual(world.stream.starts.at(-1), { sources: ["a"], cursor: '[["a",1]]' });
  assert.equal(good.connection.name, "live");
  assert.deepEqual(good.texts, ["a 0"]);
});

test("a refusal without a refused source applies to all", async () => {
  const world = makeWorld();
  const [one, two] = openTabs(world, ["a"], ["b"]);
  world.stream.connection.set({ name: "refused", detail: "not here" });
  await settle();
  for (const { connection } of [one, two]) assert.deepEqual(connection, { name: "refused", detail: "not here" });
  mock.timers.tick(60_000);
  assert.equal(world.stream.starts.length, 1);
  one.follow(["a"]);
  mock.timers.tick(0);
  assert.equal(world.stream.starts.length, 2);
});

test("after a rejected cursor all tabs start again", async () => {
  const world = makeWorld({ a: 1 });
  const [tab] = openTabs(world, ["a"]);
  world.stream.sendLines("a", 1);
  world.stream.connection.set({ name: "refused", detail: "cursor: not of this server" });
  await settle();
  mock.timers.tick(0);
  assert.deepEqual([tab.anew, tab.connection.name], [1, "connecting"]);
  assert.deepEqual(world.stream.starts.at(-1), { sources: ["a"], cursor: "" });
});

test("signing in again reconnects all tabs", () => {
  const world = makeWorld({ a: 1 });
  const [one, two] = openTabs(world, ["a"], ["a"]);
  world.stream.connection.set({ name: "signed-out" });
  assert.equal(two.connection.name, "signed-out");
  mock.timers.tick(60_000);
  assert.equal(world.stream.starts.length, 1);
  one.retry();
  mock.timers.tick(0);
  world.stream.open();
  assert.deepEqual([one.connection.name, two.connection.name], ["live", "live"]);
});

test("a repeated state is not delivered again", () => {
  const world = makeWorld({ a: 1 });
  const [tab] = openTabs(world, ["a"]);
  for (let round = 0; round < 3; round += 1) world.stream.send({ kind: "source", source: "a", state: "missing" });
  world.stream.send({ kind: "source", source: "a", state: "open" });
  assert.deepEqual(tab.events.map((event) => event.kind === "source" && event.state), ["missing", "open"]);
});

test("random operations: each tab gets each line of its sources once, in order", async () => {
  for (let seed = 1; seed <= 40; seed += 1) await live(seed);
});

/** @param {number} seed */
async function live(seed) {
  const { next, below } = random(seed);
  const ids = ["a", "b", "c"];
  const world = makeWorld(Object.fromEntries(ids.map((id) => [id, below(1_500)])));
  const tabs = [world.tab(), world.tab(), world.tab(), world.tab()];
  // Long lines make tabs fall behind.
  world.stream.padding = seed % 4 === 0 ? "x".repeat(1_000) : "";
  const some = () => ids.filter(() => next() < 0.5);
  const one = () => ids[below(ids.length)];
  for (let step = 0; step < 300; step += 1) {
    const tab = tabs[below(tabs.length)];
    const { stream, server } = world;
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
  await finish(world, tabs, one);
}

/**
 * @param {ReturnType<typeof makeWorld>} world
 * @param {ReturnType<typeof world.tab>[]} tabs
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
