/** Recent search texts, latest first, saved in the browser's storage if it is available. */

import { readList, writeList } from "./storage.js";

const KEY = "logviewer.searches";
const MAX = 20;

export class RecentSearches {
  #store;

  /** @param {import("./storage.js").Store | null} store null if storage is blocked */
  constructor(store) {
    this.#store = store;
  }

  /** @returns {string[]} */
  get all() {
    return readList(this.#store, KEY).filter((text) => typeof text === "string");
  }

  /** @param {string} text */
  add(text) {
    if (text !== "") writeList(this.#store, KEY, [text, ...this.all.filter((other) => other !== text)].slice(0, MAX));
  }
}
