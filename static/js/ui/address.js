/** The query string of the page: the only one that reads or writes it. */

import { Signal } from "../lib/signal.js";
import { readQuery, writeQuery } from "../model/query.js";

/** @typedef {import("../model/query.js").Query} Query */

export class Address {
  #query = new Signal(readQuery(location.search));

  constructor() {
    window.addEventListener("popstate", () => this.#query.set(readQuery(location.search)));
  }

  /** @returns {import("../lib/signal.js").Readable<Query>} */
  get query() {
    return this.#query;
  }

  /**
   * The reader chose, so "back" leads to what was before.
   * @param {readonly string[]} sources
   */
  choose(sources) {
    const query = { sources };
    history.pushState(null, "", writeQuery(query, location.search));
    this.#query.set(query);
  }

  /**
   * The page chose for the reader, who has nothing to go back to.
   * @param {readonly string[]} sources
   */
  suggest(sources) {
    const query = { sources };
    history.replaceState(null, "", writeQuery(query, location.search));
    this.#query.set(query);
  }
}
