/**
 * Worker with the streams of all tabs: a SharedWorker, or a worker of one page where shared workers are unavailable.
 * The name of the worker is the URL of the stream.
 */

import { fetchEventStream } from "./answer.js";
import { HubPool } from "./hub-pool.js";
import { StreamClient } from "./stream-client.js";
import { streamQuery } from "./stream-query.js";

/** @typedef {import("./messages.js").ToWorker} ToWorker */

const endpoint = self.name;
const hubPool = new HubPool((filter) => ({
  open: (receive) => new StreamClient(endpoint, receive, filter),
  probe: (source) => probe(source, filter),
}));

/**
 * @param {string} source
 * @param {string} filter
 */
async function probe(source, filter) {
  const request = new AbortController();
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(10_000)]);
  try {
    const url = endpoint + streamQuery([source], "", filter);
    return await fetchEventStream(url, signal, (input, init) => fetch(input, init));
  } finally {
    request.abort();
  }
}

/** @param {MessagePort} port */
function serve(port) {
  const session = hubPool.join((message) => port.postMessage(message));
  port.onmessage = (/** @type {MessageEvent<ToWorker>} */ { data }) => {
    if (data.type === "lock") leaveWhenReleased(data.lock, () => session.leave());
    else session.handle(data);
  };
}

/**
 * The tab holds this lock until it ends, also if it crashes.
 * @param {string} lock
 * @param {() => void} leave
 */
function leaveWhenReleased(lock, leave) {
  void navigator.locks?.request(lock, leave);
}

self.addEventListener("connect", (event) => serve(/** @type {MessageEvent} */ (event).ports[0]));
self.addEventListener("message", ({ ports }) => serve(ports[0]));
