import assert from "node:assert/strict";
import { test } from "node:test";
import { Signal } from "../../static/js/lib/signal.js";
import { HubPool } from "../../static/js/net/hub-pool.js";

const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

function makeHubs() {
  /** @type {Map<string, any>} */
  const streams = new Map();
  const hubPool = new HubPool((filter) => ({
    open: () => {
      const stream = {
        connection: new Signal(/** @type {any} */ ({ name: "idle" })),
        start: () => stream.connection.set({ name: "live" }),
        stop: () => stream.connection.set({ name: "idle" }),
        retryNow: () => undefined,
      };
      streams.set(filter, stream);
      return stream;
    },
    probe: () => Promise.reject(new Error("not asked")),
  }));
  const open = () => [...streams].filter(([, { connection }]) => connection.value.name === "live").map(([name]) => name);
  const join = (/** @type {string} */ filter) => {
    const seat = hubPool.join(() => undefined);
    seat.handle({ type: "follow", subscription: 1, sources: ["a"], filter });
    return seat;
  };
  return { join, open };
}

test("tabs with the same filter share a stream, other tabs do not", async () => {
  const { join, open } = makeHubs();
  for (const filter of ["", "q=x", "", "q=x"]) join(filter);
  await settle();
  assert.deepEqual(open().sort(), ["", "q=x"]);
});

test("ten tabs with ten filters leave connections for requests", async () => {
  const { join, open } = makeHubs();
  const seats = Array.from({ length: 10 }, (_, number) => join(`q=${number}`));
  await settle();
  assert.ok(open().length <= 3);
  seats[0].handle({ type: "retry" });
  await settle();
  assert.ok(open().includes("q=0"), "the one that was turned to last has its stream");
  assert.ok(open().length <= 3);
});

test("a change of filter stops the former stream", async () => {
  const { join, open } = makeHubs();
  const seat = join("q=x");
  await settle();
  seat.handle({ type: "follow", subscription: 2, sources: ["a"], filter: "q=y" });
  await settle();
  assert.deepEqual(open(), ["q=y"]);
  seat.handle({ type: "follow", subscription: 3, sources: ["a"], filter: "" });
  await settle();
  assert.deepEqual(open(), [""]);
});
