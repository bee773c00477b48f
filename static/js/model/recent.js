/** What was searched for last: kept in storage where there is one, the latest first. */

import { readList, writeList } from "./stored.js";

const KEY = "logviewer.searches";
const MOST = 20;

export class Recent {
  #store;

  /** @param {import("./stored.js").Store | null} store null where the browser gives none */
  constructor(store) {
    this.#store = store;
  }

  /** @returns {string[]} */
  get all() {
    return readList(this.#store, KEY).filter((text) => typeof text === "string");
  }

  /** @param {string} text */
  add(text) {
    if (text !== "") writeList(this.#store, KEY, [text, ...this.all.filter((each) => each !== text)].slice(0, MOST));
  }
}
