/** What the page shows, as the query string says it; a URL is a share link. */

/** @typedef {{sources: readonly string[]}} Query */

/**
 * @param {string} search the query string, with or without its question mark
 * @returns {Query}
 */
export function readQuery(search) {
  const named = new URLSearchParams(search).getAll("source").filter(Boolean);
  return { sources: [...new Set(named)] };
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
 * @param {Query} query
 * @param {string} [search] the present query string
 * @returns {string} with its question mark, which alone means "nothing"
 */
export function writeQuery(query, search = "") {
  const params = new URLSearchParams(search);
  params.delete("source");
  params.delete("token");
  for (const id of query.sources) params.append("source", id);
  return `?${params}`;
}

/**
 * The query string of a stream: from the last lines, or from where an earlier stream of the same sources stopped.
 * @param {readonly string[]} sources
 * @param {{cursor?: string, backfill: number}} start
 */
export function streamQuery(sources, { cursor, backfill }) {
  const params = new URLSearchParams(sources.map((id) => ["source", id]));
  if (cursor) params.append("cursor", cursor);
  else params.append("from", String(-backfill));
  return `?${params}`;
}
