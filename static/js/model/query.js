/** The query string of the page. It holds the whole state, so every URL is a share link. */

import { readFilter, writeFilter } from "./filter.js";

/**
 * One view of the page.
 * @typedef {object} PaneQuery
 * @property {readonly string[]} sources
 * @property {readonly import("./filter.js").Parameter[]} [globs] of hosts, labels and paths, by which the server
 *   chooses sources, from `sources` if there are any
 * @property {string | null} at cursor of the line at the upper edge; null is the end
 * @property {import("./filter.js").Filter} filter
 */

export const MOST_PANES = 2;
/** A stream of more sources is refused. */
export const MOST_SOURCES = 256;
// The first pane has no suffix, which keeps links with one pane short.
const SUFFIXES = ["", "2"];
const GLOBS = ["host", "label", "path"];

/**
 * @param {string} search with or without the question mark
 * @returns {readonly PaneQuery[]} at least one pane; a second one if the URL names its sources, even if they are empty
 */
export function readQuery(search) {
  const params = new URLSearchParams(search);
  const isThere = (/** @type {string} */ suffix) => ["source", ...GLOBS].some((name) => params.has(name + suffix));
  return SUFFIXES.filter((suffix) => suffix === "" || isThere(suffix)).map((suffix) => ({
    sources: [...new Set(params.getAll(`source${suffix}`).filter(Boolean))],
    globs: GLOBS.flatMap((name) => params.getAll(name + suffix).map((value) => [name, value])),
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
 * Return the parameters that choose the sources of a view.
 * @param {Pick<PaneQuery, "sources" | "globs">} query
 * @returns {import("./filter.js").Parameter[]}
 */
export function choiceOf({ sources, globs = [] }) {
  return [...sources.map((id) => /** @type {import("./filter.js").Parameter} */ (["source", id])), ...globs];
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
    for (const name of ["source", ...GLOBS, "at"]) params.delete(name + suffix);
    writeFilter(params, suffix);
  }
  panes.slice(0, MOST_PANES).forEach(({ sources, globs = [], at, filter }, index) => {
    const suffix = SUFFIXES[index];
    for (const id of sources) params.append(`source${suffix}`, id);
    for (const [name, value] of globs) params.append(name + suffix, value);
    if (sources.length + globs.length === 0 && index > 0) params.append(`source${suffix}`, "");
    if (at) params.append(`at${suffix}`, at);
    writeFilter(params, suffix, filter);
  });
  return `?${params}`;
}
