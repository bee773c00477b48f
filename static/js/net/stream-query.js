/** Builds the query string of a stream. */

const BACKFILL_LINES = 500;
// The server may skip lines for a client that is further behind than this; it sends a gap.
const LAG_LINES = 1_000;

/**
 * Resume at the cursor, and start sources that it does not cover with their last lines. A filtered stream starts at
 * the end, because finding the last matching lines may take long.
 * @param {readonly string[]} sources
 * @param {string} [cursor]
 * @param {string} [filter] parameters of the view
 */
export function streamQuery(sources, cursor = "", filter = "") {
  const params = new URLSearchParams([...sources.map((id) => ["source", id]), ...new URLSearchParams(filter)]);
  params.append("from", filter ? "end" : String(-BACKFILL_LINES));
  if (cursor) params.append("cursor", cursor);
  for (const extra of ["levels", "times", "places"]) params.append(extra, "true");
  params.append("lag", String(LAG_LINES));
  return `?${params}`;
}
