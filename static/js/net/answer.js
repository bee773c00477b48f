/** Classifies answers to requests for an event stream. */

/**
 * @typedef {{kind: "stream", response: Response} | {kind: "signed-out"} | {kind: "ended"}
 *   | {kind: "unavailable", retryAfter: number} | {kind: "refused", detail: string}} Answer
 *   `retryAfter` in milliseconds, 0 if the server sent none
 */
/** @typedef {(url: string, init: RequestInit) => Promise<Response>} Fetch */

const TRANSIENT = new Set([408, 425, 429]);
const EVENT_STREAM = "text/event-stream";

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @param {Fetch} fetch
 * @returns {Promise<Answer>}
 */
export async function fetchEventStream(url, signal, fetch) {
  try {
    return await readAnswer(await fetch(url, { headers: { accept: EVENT_STREAM }, cache: "no-store", signal }));
  } catch (error) {
    // fetch throws a TypeError without a network and a DOMException after an abort.
    if (error instanceof TypeError || error instanceof DOMException) return { kind: "unavailable", retryAfter: 0 };
    throw error;
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Answer>}
 */
export async function readAnswer(response) {
  const { status } = response;
  if (status === 401) return { kind: "signed-out" };
  if (status === 204) return { kind: "ended" };
  if (status >= 500 || TRANSIENT.has(status)) return { kind: "unavailable", retryAfter: retryAfter(response) };
  if (!response.ok) return { kind: "refused", detail: await detailOf(response) };
  const type = response.headers.get("content-type") ?? "no content type";
  if (type.startsWith(EVENT_STREAM)) return { kind: "stream", response };
  return { kind: "refused", detail: `unexpected answer: ${type} instead of an event stream` };
}

/** @param {Response} response */
function retryAfter(response) {
  const seconds = Number(response.headers.get("retry-after"));
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 300) * 1000 : 0;
}

/** Return the server's error message. @param {Response} response */
export async function detailOf(response) {
  const text = await response.text();
  try {
    const { detail } = JSON.parse(text);
    if (typeof detail === "string") return detail;
    // FastAPI's format of validation errors.
    if (Array.isArray(detail) && typeof detail[0]?.msg === "string") return detail[0].msg;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return `the server answered ${response.status}`;
}
