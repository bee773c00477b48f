/**
 * State of a stream. `retryAt` is the time of the next attempt in epoch milliseconds, null during an attempt.
 * @typedef {{name: "idle"} | {name: "connecting"} | {name: "live"} | {name: "ended"} | {name: "signed-out"}
 *   | {name: "reconnecting", retryAt: number | null} | {name: "server-ended", retryAt: number | null}
 *   | {name: "refused", detail: string}} Connection
 */

/** @type {Connection} */
export const CONNECTING = { name: "connecting" };

/** States that only the user can leave. */
const FINAL = new Set(["idle", "ended", "signed-out", "refused"]);

/** @param {Connection} connection */
export function isFinal(connection) {
  return FINAL.has(connection.name);
}
