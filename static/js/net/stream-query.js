/** The query string of a stream. */

const BACKFILL_LINES = 500;
// Further behind than this, the server may skip to near the end, and says so.
const LAG_LINES = 1_000;

/**
 * Where an earlier stream stopped, and the last lines of sources that were not in that; with a filter just what comes,
 * as the last lines that pass it lie far behind.
 * @param {readonly string[]} sources
 * @param {string} [cursor]
 * @param {string} [filter] parameters that say which lines it has
 */
export function streamQuery(sources, cursor = "", filter = "") {
  const params = new URLSearchParams([...sources.map((id) => ["source", id]), ...new URLSearchParams(filter)]);
  params.append("from", filter ? "end" : String(-BACKFILL_LINES));
  if (cursor) params.append("cursor", cursor);
  for (const extra of ["levels", "times", "places"]) params.append(extra, "true");
  params.append("lag", String(LAG_LINES));
  return `?${params}`;
}
