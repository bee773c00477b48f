/** Connects to the stream worker: one for all tabs, or one per page where browsers have no SharedWorker. */

/** @typedef {import("./messages.js").ToTab} ToTab */
/** @typedef {import("./messages.js").ToWorker} ToWorker */
/**
 * @typedef {object} Port
 * @property {(message: ToWorker) => void} post
 * @property {() => void} close
 */
/**
 * @typedef {object} Listener
 * @property {(message: ToTab) => void} received
 * @property {() => void} replaced a new worker replaced the first one and knows no channels
 * @property {() => void} failed no worker could be started
 */
/** @typedef {{createScriptURL: (url: string) => string}} Policy actually returns a TrustedScriptURL */
/** @typedef {{createPolicy: (name: string, rules: Policy) => Policy}} TrustedTypes */

const SCRIPT = new URL("./stream-worker.js", import.meta.url).href;

const policy = makePolicy();
/** Workers of this page, by endpoint, shared by its channels. @type {Map<string, Worker>} */
const ownWorkers = new Map();

function makePolicy() {
  const { trustedTypes } = /** @type {{trustedTypes?: TrustedTypes}} */ (/** @type {unknown} */ (globalThis));
  return trustedTypes?.createPolicy("logviewer", { createScriptURL: onlyOurs });
}

/** @param {string} url */
function onlyOurs(url) {
  if (url !== SCRIPT) throw new TypeError(`not a script of this page: ${url}`);
  return url;
}

const script = () => policy?.createScriptURL(SCRIPT) ?? SCRIPT;

/**
 * @param {string} endpoint absolute URL of the stream without its query string
 * @param {Listener} listener
 * @returns {Port}
 */
export function openPort(endpoint, listener) {
  const useOwnWorker = () => {
    port.close();
    port = openOwnWorker(endpoint, listener);
    listener.replaced();
  };
  let port = openSharedWorker(endpoint, listener.received, useOwnWorker) ?? openOwnWorker(endpoint, listener);
  return { post: (message) => port.post(message), close: () => port.close() };
}

/**
 * @param {string} endpoint
 * @param {Listener["received"]} received
 * @param {() => void} failed
 */
function openSharedWorker(endpoint, received, failed) {
  if (typeof SharedWorker === "undefined") return null;
  try {
    const worker = new SharedWorker(script(), { type: "module", name: endpoint });
    return listen(worker.port, worker, received, failed);
  } catch (error) {
    // The constructor throws where storage is blocked.
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/**
 * @param {string} endpoint
 * @param {Listener} listener
 */
function openOwnWorker(endpoint, { received, failed }) {
  const worker = ownWorkers.get(endpoint) ?? new Worker(script(), { type: "module", name: endpoint });
  ownWorkers.set(endpoint, worker);
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(null, [port2]);
  return listen(port1, worker, received, failed);
}

/**
 * @param {MessagePort} port
 * @param {EventTarget} worker
 * @param {Listener["received"]} received
 * @param {() => void} failed called at most once, and not after a message was received
 * @returns {Port}
 */
function listen(port, worker, received, failed) {
  const settled = new AbortController();
  const { signal } = settled;
  worker.addEventListener("error", failed, { signal, once: true });
  port.onmessage = ({ data }) => {
    settled.abort();
    received(data);
  };
  return { post: (message) => port.postMessage(message), close: () => port.close() };
}
