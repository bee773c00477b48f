/** What the page shows, as the query string says it; a URL is a share link. */

import { readFilter, writeFilter } from "./filter.js";

/**
 * One view of the page.
 * @typedef {object} PaneQuery
 * @property {readonly string[]} sources
 * @property {string | null} at cursor of the line at its upper edge; null is the end
 * @property {import("./filter.js").Filter} filter
 */

export const MOST_PANES = 2;
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
    filter: readFilter(params, suffix),
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
