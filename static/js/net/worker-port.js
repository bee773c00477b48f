/** The way to the stream worker: one for all tabs, or one of this page where browsers have no shared ones. */

/** @typedef {import("./messages.js").ToTab} ToTab */
/** @typedef {import("./messages.js").ToWorker} ToWorker */
/**
 * @typedef {object} Port
 * @property {(message: ToWorker) => void} post
 * @property {() => void} close
 */
/**
 * @typedef {object} Ears
 * @property {(message: ToTab) => void} heard
 * @property {() => void} lost the worker was replaced by another one, which knows nothing yet
 * @property {() => void} failed no worker can be had
 */
/** @typedef {{createScriptURL: (url: string) => string}} Policy in truth it gives a TrustedScriptURL */
/** @typedef {{createPolicy: (name: string, rules: Policy) => Policy}} TrustedTypes */

const SCRIPT = new URL("./stream-worker.js", import.meta.url).href;

const policy = makePolicy();
/** Workers of this page, by endpoint: its channels share one. @type {Map<string, Worker>} */
const own = new Map();

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
 * @param {string} endpoint the stream's absolute URL without its query string
 * @param {Ears} ears
 * @returns {Port}
 */
export function openPort(endpoint, ears) {
  const fallBack = () => {
    port.close();
    port = openOwn(endpoint, ears);
    ears.lost();
  };
  let port = openShared(endpoint, ears.heard, fallBack) ?? openOwn(endpoint, ears);
  return { post: (message) => port.post(message), close: () => port.close() };
}

/**
 * @param {string} endpoint
 * @param {Ears["heard"]} heard
 * @param {() => void} failed
 */
function openShared(endpoint, heard, failed) {
  if (typeof SharedWorker === "undefined") return null;
  try {
    const worker = new SharedWorker(script(), { type: "module", name: endpoint });
    return listen(worker.port, worker, heard, failed);
  } catch (error) {
    // Where storage is blocked, the constructor itself says no.
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/**
 * @param {string} endpoint
 * @param {Ears} ears
 */
function openOwn(endpoint, { heard, failed }) {
  const worker = own.get(endpoint) ?? new Worker(script(), { type: "module", name: endpoint });
  own.set(endpoint, worker);
  const { port1, port2 } = new MessageChannel();
  worker.postMessage(null, [port2]);
  return listen(port1, worker, heard, failed);
}

/**
 * @param {MessagePort} port
 * @param {EventTarget} worker
 * @param {Ears["heard"]} heard
 * @param {() => void} failed called at most once, and not after the worker was heard
 * @returns {Port}
 */
function listen(port, worker, heard, failed) {
  const settled = new AbortController();
  const { signal } = settled;
  worker.addEventListener("error", failed, { signal, once: true });
  port.onmessage = ({ data }) => {
    settled.abort();
    heard(data);
  };
  return { post: (message) => port.postMessage(message), close: () => port.close() };
}
