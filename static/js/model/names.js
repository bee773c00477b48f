/** What the chosen sources are called: in full, and short enough for a column. */

/** @typedef {{id: string, name: string}} Named */

export class Names {
  /** @type {Map<string, string>} */
  #full = new Map();
  /** @type {Map<string, string>} */
  #short = new Map();

  /**
   * @param {readonly Named[]} sources all that are known
   * @param {readonly string[]} chosen
   */
  assign(sources, chosen) {
    const named = sources.filter(({ id }) => chosen.includes(id));
    this.#full = new Map(named.map(({ id, name }) => [id, name]));
    this.#short = shortNames(named);
  }

  /** @param {string} id */
  full(id) {
    return this.#full.get(id) ?? id;
  }

  /** @param {string} id */
  short(id) {
    return this.#short.get(id) ?? id;
  }
}

/**
 * The last part of each path, but the whole of it where two share that part.
 * @param {readonly Named[]} sources
 * @returns {Map<string, string>} by id
 */
export function shortNames(sources) {
  /** @type {Map<string, number>} */
  const uses = new Map();
  for (const { name } of sources) uses.set(lastPart(name), (uses.get(lastPart(name)) ?? 0) + 1);
  return new Map(sources.map(({ id, name }) => [id, uses.get(lastPart(name)) === 1 ? lastPart(name) : name]));
}

/** @param {string} name */
function lastPart(name) {
  return name.slice(name.lastIndexOf("/") + 1) || name;
}
