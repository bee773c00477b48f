import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../../static/js/model/server-clock.js";

test("the server's time goes on from when it rendered the page", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const clock = new ServerClock(500_000, 300);
  assert.ok(clock.now() - 500_300 < 1_000);
  t.mock.timers.tick(3_600_000);
  assert.equal(clock.now(), 500_300 + 3_600_000);
});

test("the server's time does not go back with the clock of the browser's machine", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const clock = new ServerClock(500_000);
  t.mock.timers.setTime(0);
  assert.ok(clock.now() >= 500_000);
});
