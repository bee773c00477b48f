/** The query string of the page. It holds the whole state, so every URL is a share link. */

import { readFilter, writeFilter } from "./filter.js";

/**
 * One view of the page.
 * @typedef {object} PaneQuery
 * @property {readonly string[]} sources
 * @property {string | null} at cursor of the line at the upper edge; null is the end
 * @property {import("./filter.js").Filter} filter
 */

export const MOST_PANES = 2;
// The first pane has no suffix, which keeps links with one pane short.
const SUFFIXES = ["", "2"];

/**
 * @param {string} search with or without the question mark
 * @returns {readonly PaneQuery[]} at least one pane; a second one if the URL names its sources, even if they are empty
 */
export function readQuery(search) {
  const params = new URLSearchParams(search);
  return SUFFIXES.filter((suffix) => suffix === "" || params.has(`source${suffix}`)).map((suffix) => ({
    sources: [...new Set(params.getAll(`source${suffix}`).filter(Boolean))],
    at: params.get(`at${suffix}`) || null,
    filter: readFilter(params, suffix),
  }));
}

/**
 * Replace unique source names by ids. Links written by hand may use names; the page writes ids.
 * @param {readonly string[]} wanted
 * @param {readonly {id: string, name: string}[]} known
 * @returns {string[]} ids; unknown sources are unchanged
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
 * Write the query string. Unknown parameters are kept, a token is removed.
 * @param {readonly PaneQuery[]} panes
 * @param {string} [search] the current query string
 * @returns {string} with the question mark; a question mark alone clears the query
 */
export function writeQuery(panes, search = "") {
  const params = new URLSearchParams(search);
  params.delete("token");
  for (const suffix of SUFFIXES) {
    params.delete(`source${suffix}`);
    params.delete(`at${suffix}`);
    writeFilter(params, suffix);
  }
  panes.slice(0, MOST_PANES).forEach(({ sources, at, filter }, index) => {
    const suffix = SUFFIXES[index];
    for (const id of sources) params.append(`source${suffix}`, id);
    if (sources.length === 0 && index > 0) params.append(`source${suffix}`, "");
    if (at) params.append(`at${suffix}`, at);
    writeFilter(params, suffix, filter);
  });
  return `?${params}`;
}
