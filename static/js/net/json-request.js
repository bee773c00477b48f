/** Requests one answer in JSON from the API. */

import { detailOf } from "./answer.js";

const TIMEOUT_MS = 20_000;

/**
 * @template Answer
 * @param {string} url
 * @returns {Promise<Answer | {error: string} | null>} `error` is the server's message why it refused the request; null
 *   when the request failed
 */
export async function requestJson(url) {
  try {
    const response = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (response.status === 404 || response.status === 422) return { error: await detailOf(response) };
    return response.ok ? await response.json() : null;
  } catch (error) {
    // No network, our timeout, or an answer that is not JSON, such as a proxy's error page.
    const known = [TypeError, DOMException, SyntaxError].some((type) => error instanceof type);
    if (!known) throw error;
    return null;
  }
}
