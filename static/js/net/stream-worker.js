/**
 * The one stream of all tabs, as a SharedWorker or, where there is none, as a worker of one tab. Its name is the
 * endpoint of the stream.
 */

import { ask } from "./answer.js";
import { Hub } from "./hub.js";
import { StreamClient } from "./stream-client.js";
import { streamQuery } from "../model/query.js";

/** @typedef {import("./messages.js").ToWorker} ToWorker */

const endpoint = self.name;
const hub = new Hub({ open: (receive) => new StreamClient(endpoint, receive), ask: askFor });

/** @param {string} source */
async function askFor(source) {
  const request = new AbortController();
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(10_000)]);
  try {
    return await ask(endpoint + streamQuery([source]), signal, (url, init) => fetch(url, init));
  } finally {
    request.abort();
  }
}

/** @param {MessagePort} port */
function serve(port) {
  const follower = hub.join((message) => port.postMessage(message));
  port.onmessage = (/** @type {MessageEvent<ToWorker>} */ { data }) => {
    if (data.type === "held") leaveWithLock(data.lock, () => hub.leave(follower));
    else hub.heed(follower, data);
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
