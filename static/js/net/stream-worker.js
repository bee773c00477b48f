/**
 * The streams of all tabs, as a SharedWorker or, where there is none, as a worker of one tab. Its name is the
 * endpoint of the stream.
 */

import { ask } from "./answer.js";
import { Hubs } from "./hubs.js";
import { StreamClient } from "./stream-client.js";
import { streamQuery } from "./stream-query.js";

/** @typedef {import("./messages.js").ToWorker} ToWorker */

const endpoint = self.name;
const hubs = new Hubs((filter) => ({
  open: (receive) => new StreamClient(endpoint, receive, filter),
  ask: (source) => askFor(source, filter),
}));

/**
 * @param {string} source
 * @param {string} filter
 */
async function askFor(source, filter) {
  const request = new AbortController();
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(10_000)]);
  try {
    return await ask(endpoint + streamQuery([source], "", filter), signal, (url, init) => fetch(url, init));
  } finally {
    request.abort();
  }
}

/** @param {MessagePort} port */
function serve(port) {
  const seat = hubs.join((message) => port.postMessage(message));
  port.onmessage = (/** @type {MessageEvent<ToWorker>} */ { data }) => {
    if (data.type === "held") leaveWithLock(data.lock, () => seat.leave());
    else seat.heed(data);
  };
}

/**
 * The tab holds this lock for its life, however that ends.
 * @param {string} lock
 * @param {() => void} leave
 */
function leaveWithLock(lock, leave) {
  void navigator.locks?.request(lock, leave);
}

self.addEventListener("connect", (event) => serve(/** @type {MessageEvent} */ (event).ports[0]));
self.addEventListener("message", ({ ports }) => serve(ports[0]));
