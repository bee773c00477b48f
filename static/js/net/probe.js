/**
 * Why a stream was not given. EventSource hides the status of a refusal, so the same URL is asked once with fetch,
 * which tells it, and let go at the headers.
 */

/**
 * @typedef {{verdict: "given"} | {verdict: "signed-out"} | {verdict: "ended"}
 *   | {verdict: "unavailable", retryAfter: number} | {verdict: "refused", detail: string}} Answer
 *   `retryAfter` in milliseconds, 0 when the server named none
 */

const PASSING = new Set([408, 425, 429]);
const TIMEOUT_MS = 10_000;

/**
 * @param {string} url
 * @returns {Promise<Answer>}
 */
export async function probe(url) {
  const letGo = new AbortController();
  const tooLong = setTimeout(() => letGo.abort(), TIMEOUT_MS);
  try {
    const headers = { accept: "text/event-stream" };
    const response = await fetch(url, { headers, cache: "no-store", signal: letGo.signal });
    return await readAnswer(response);
  } catch (error) {
    // A TypeError is how fetch says "no network"; an AbortError is our own timeout.
    if (error instanceof TypeError || error instanceof DOMException) return { verdict: "unavailable", retryAfter: 0 };
    throw error;
  } finally {
    clearTimeout(tooLong);
    letGo.abort();
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Answer>}
 */
export async function readAnswer(response) {
  const { status } = response;
  if (status === 401) return { verdict: "signed-out" };
  if (status === 204) return { verdict: "ended" };
  if (status >= 500 || PASSING.has(status)) return { verdict: "unavailable", retryAfter: retryAfter(response) };
  if (response.ok) return { verdict: "given" };
  return { verdict: "refused", detail: await detailOf(response) };
}

/** @param {Response} response */
function retryAfter(response) {
  const seconds = Number(response.headers.get("retry-after"));
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 300) * 1000 : 0;
}

/** @param {Response} response */
async function detailOf(response) {
  const text = await response.text();
  try {
    const { detail } = JSON.parse(text);
    if (typeof detail === "string") return detail;
    // FastAPI's own form of a bad parameter.
    if (Array.isArray(detail) && typeof detail[0]?.msg === "string") return detail[0].msg;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return `the server answered ${response.status}`;
}
