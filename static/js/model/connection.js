/**
 * Where a stream stands. `at` is when the next try is made, in epoch milliseconds; null while one is under way.
 * @typedef {{name: "idle"} | {name: "connecting"} | {name: "live"} | {name: "ended"} | {name: "signed-out"}
 *   | {name: "reconnecting", at: number | null} | {name: "server-ended", at: number | null}
 *   | {name: "refused", detail: string}} Connection
 */

/** @type {Connection} */
export const CONNECTING = { name: "connecting" };

/** States that only the reader can leave. */
const FINAL = new Set(["idle", "ended", "signed-out", "refused"]);

/** @param {Connection} connection */
export function isFinal(connection) {
  return FINAL.has(connection.name);
}
