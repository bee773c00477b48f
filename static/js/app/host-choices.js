/** Views of sources that the server chooses: by the globs of the URL, or all of a host. */

import { toQueryString } from "../model/filter.js";
import { choiceOf, MOST_SOURCES } from "../model/query.js";

/** @typedef {import("../model/filter.js").Parameter} Parameter */

const NO_ANSWER = "The server did not answer; try again";

export class HostChoices {
  #client;
  #notify;
  #chosen;
  /** Ids by choice. They stay the same while the page is open. @type {Map<string, readonly string[]>} */
  #ids = new Map();

  /**
   * @param {import("../net/sources-client.js").SourcesClient} client
   * @param {object} page
   * @param {(message: string) => void} page.notify
   * @param {() => void} page.chosen called when the sources of globs are known
   */
  constructor(client, { notify, chosen }) {
    this.#client = client;
    this.#notify = notify;
    this.#chosen = chosen;
  }

  /**
   * Return the ids of a view's sources; none while the server is asked.
   * @param {import("../model/query.js").PaneQuery} query
   */
  sourcesOf(query) {
    if (!query.globs?.length) return query.sources;
    const choice = choiceOf(query);
    const key = toQueryString(choice);
    const known = this.#ids.get(key);
    if (known) return known;
    this.#ids.set(key, []);
    void this.#choose(key, choice);
    return [];
  }

  /**
   * @param {string} key
   * @param {readonly Parameter[]} choice
   */
  async #choose(key, choice) {
    const found = await this.#client.choose(choice);
    if (!found) this.#notify(NO_ANSWER);
    else if (found.length === 0) this.#notify(`No source matches ${choice.map((each) => each.join("=")).join(" ")}`);
    else if (found.length > MOST_SOURCES) this.#notify(`${MOST_SOURCES} of ${found.length} sources are shown`);
    if (found) this.#ids.set(key, found.slice(0, MOST_SOURCES));
    else this.#ids.delete(key);
    if (found) this.#chosen();
  }

  /**
   * Return sources with all of a host, or without; null if there are too many, or the request failed.
   * @param {readonly string[]} sources
   * @param {string} host
   * @param {boolean} on
   */
  async withHost(sources, host, on) {
    const own = await this.#client.choose([["host", host]]);
    const chosen = [...sources.filter((id) => !own?.includes(id)), ...(on && own ? own : [])];
    if (own && chosen.length <= MOST_SOURCES) return chosen;
    this.#notify(own ? `A view has at most ${MOST_SOURCES} sources` : NO_ANSWER);
    return null;
  }
}
