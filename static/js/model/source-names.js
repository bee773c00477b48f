/** Display names of sources: unique among all sources, or among the selected ones. */

import { plainName } from "./source-groups.js";

/**
 * @typedef {{id: string, name: string, path?: string, host?: string | null}} NamedSource `path` ends with `name`, which
 *   a host precedes
 */

export class SourceNames {
  /** @type {Map<string, string>} */
  #full = new Map();
  /** @type {readonly NamedSource[]} */
  #sources = [];
  /** @type {Map<string, string>} */
  #short = new Map();

  /**
   * @param {readonly NamedSource[]} sources all known sources
   * @param {readonly string[]} chosen selected in any pane, so that a source has the same name in all panes
   */
  assign(sources, chosen) {
    if (sources !== this.#sources) this.#full = shortNames(sources);
    this.#sources = sources;
    this.#short = shortNames(sources.filter(({ id }) => chosen.includes(id)));
  }

  /**
   * Return a name that is unique among all sources.
   * @param {string} id
   */
  full(id) {
    return this.#full.get(id) ?? slugOf(id);
  }

  /**
   * Return a name that is unique among the selected sources.
   * @param {string} id
   */
  short(id) {
    return this.#short.get(id) ?? slugOf(id);
  }
}

/** The part of an id that people can read: that of a source which is not in the list. @param {string} id */
function slugOf(id) {
  return id.replace(/-[0-9a-f]{16}$/, "");
}

/**
 * Return the shortest unique suffix of each path, after the name of its host.
 * @param {readonly NamedSource[]} sources
 * @returns {Map<string, string>} by id
 */
export function shortNames(sources) {
  const hosts = new Map(sources.map(({ id, host }) => [id, host ? `${host}:` : ""]));
  const parts = new Map(sources.map((source) => [source.id, pathOf(source).split("/")]));
  /** @param {string} id @param {number} count */
  const lastOf = (id, count) => `${hosts.get(id)}${lastParts(parts.get(id), count)}`;
  const short = new Map(sources.map(({ id }) => [id, lastOf(id, 1)]));
  const longest = Math.max(...Array.from(parts.values(), ({ length }) => length));
  for (let count = 2; count <= longest; count += 1) {
    for (const id of sharing(short)) short.set(id, lastOf(id, count));
  }
  return short;
}

/** @param {NamedSource} source */
function pathOf(source) {
  const name = plainName(source);
  return source.path?.endsWith(name) ? source.path : name;
}

/**
 * @param {readonly string[]} [parts]
 * @param {number} [count]
 */
function lastParts(parts = [], count = 1) {
  return parts.slice(-count).join("/");
}

/**
 * @param {ReadonlyMap<string, string>} names by id
 * @returns {string[]} ids that share their name with another
 */
function sharing(names) {
  /** @type {Map<string, number>} */
  const uses = new Map();
  for (const name of names.values()) uses.set(name, (uses.get(name) ?? 0) + 1);
  return [...names].filter(([, name]) => (uses.get(name) ?? 0) > 1).map(([id]) => id);
}
