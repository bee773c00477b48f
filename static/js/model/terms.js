/** Words that a reader wants to see in every line: kept in storage where there is one, each with its colour. */

import { Signal } from "../lib/signal.js";
import { readList, writeList } from "./stored.js";

/** @typedef {{text: string, colour: number}} Term */

const KEY = "logviewer.terms";
/** As many as there are colours. */
export const MOST_TERMS = 6;

export class Terms {
  #store;
  /** @type {Signal<readonly Term[]>} */
  #all;

  /** @param {import("./stored.js").Store | null} store null where the browser gives none */
  constructor(store) {
    this.#store = store;
    this.#all = new Signal(this.#read());
  }

  /** @returns {import("../lib/signal.js").Readable<readonly Term[]>} */
  get all() {
    return this.#all;
  }

  /** Past the bound the oldest goes. @param {string} text */
  add(text) {
    const others = this.#all.value.filter((term) => term.text !== text).slice(1 - MOST_TERMS);
    const colours = Array.from({ length: MOST_TERMS }, (_, colour) => colour);
    const colour = colours.find((each) => others.every((term) => term.colour !== each)) ?? 0;
    if (text !== "") this.#set([...others, { text, colour }]);
  }

  /** @param {string} text */
  remove(text) {
    this.#set(this.#all.value.filter((term) => term.text !== text));
  }

  /** Another tab wrote. */
  reload() {
    this.#all.set(this.#read());
  }

  /** @param {readonly Term[]} terms */
  #set(terms) {
    this.#all.set(terms);
    writeList(this.#store, KEY, terms);
  }

  /** @returns {readonly Term[]} */
  #read() {
    return readList(this.#store, KEY).filter(isTerm).slice(0, MOST_TERMS);
  }
}

/**
 * @param {unknown} kept what the storage says, which another version may have written
 * @returns {kept is Term}
 */
function isTerm(kept) {
  const { text, colour } = /** @type {Record<string, unknown>} */ (kept ?? {});
  return typeof text === "string" && typeof colour === "number" && colour >= 0 && colour < MOST_TERMS;
}
