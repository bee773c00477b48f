/** What the page shows, as the query string says it; a URL is a share link. */

/**
 * One view of the page.
 * @typedef {object} PaneQuery
 * @property {readonly string[]} sources
 * @property {string | null} at cursor of the line at its upper edge; null is the end
 */

export const MOST_PANES = 2;
const BACKFILL_LINES = 500;
// Further behind than this, the server may skip to near the end, and says so.
const LAG_LINES = 1_000;
// The first pane has the plain names, so that a link with one pane is short.
const SUFFIXES = ["", "2"];

/**
 * @param {string} search the query string, with or without its question mark
 * @returns {readonly PaneQuery[]} at least one; a second if the URL names its sources, be they none
 */
export function readQuery(search) {
  const params = new URLSearchParams(search);
  return SUFFIXES.filter((suffix) => suffix === "" || params.has(`source${suffix}`)).map((suffix) => ({
    sources: [...new Set(params.getAll(`source${suffix}`).filter(Boolean))],
    at: params.get(`at${suffix}`) || null,
  }));
}

/**
 * A link made by hand may name a source by its only name; the page itself speaks of ids.
 * @param {readonly string[]} wanted
 * @param {readonly {id: string, name: string}[]} known
 * @returns {string[]} ids, and what is unknown as it is
 */
export function resolveSources(wanted, known) {
  const ids = wanted.map((given) => {
    if (known.some(({ id }) => id === given)) return given;
    const named = known.filter(({ name }) => name === given);
    return named.length === 1 ? named[0].id : given;
  });
  return [...new Set(ids)];
}

/**
 * Parameters that this page does not know are kept for one that does; a token never gets into a share link.
 * @param {readonly PaneQuery[]} panes
 * @param {string} [search] the present query string
 * @returns {string} with its question mark, which alone means "nothing"
 */
export function writeQuery(panes, search = "") {
  const params = new URLSearchParams(search);
  params.delete("token");
  for (const suffix of SUFFIXES) {
    params.delete(`source${suffix}`);
    params.delete(`at${suffix}`);
  }
  panes.slice(0, MOST_PANES).forEach(({ sources, at }, index) => {
    const suffix = SUFFIXES[index];
    for (const id of sources) params.append(`source${suffix}`, id);
    if (sources.length === 0 && index > 0) params.append(`source${suffix}`, "");
    if (at) params.append(`at${suffix}`, at);
  });
  return `?${params}`;
}

/**
 * The query string of a stream: where an earlier one stopped, and the last lines of sources that were not in that.
 * @param {readonly string[]} sources
 * @param {string} [cursor]
 */
export function streamQuery(sources, cursor = "") {
  const params = new URLSearchParams(sources.map((id) => ["source", id]));
  params.append("from", String(-BACKFILL_LINES));
  if (cursor) params.append("cursor", cursor);
  for (const extra of ["levels", "times", "places"]) params.append(extra, "true");
  params.append("lag", String(LAG_LINES));
  return `?${params}`;
}
