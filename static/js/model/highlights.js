/** Words highlighted in every line, each in its own color, saved in the browser's storage if it is available. */

import { Signal } from "../lib/signal.js";
import { readList, writeList } from "./storage.js";

/** @typedef {{text: string, color: number}} Highlight */
/** @typedef {{text: string, colour: number}} Stored */

const KEY = "logviewer.terms";
/** The number of highlight colors. */
export const MAX_HIGHLIGHTS = 6;

export class Highlights {
  #store;
  /** @type {Signal<readonly Highlight[]>} */
  #all;

  /** @param {import("./storage.js").Store | null} store null if storage is blocked */
  constructor(store) {
    this.#store = store;
    this.#all = new Signal(this.#read());
  }

  /** @returns {import("../lib/signal.js").Readable<readonly Highlight[]>} */
  get all() {
    return this.#all;
  }

  /** Drop the oldest ones above the limit. @param {string} text */
  add(text) {
    const others = this.#all.value.filter((highlight) => highlight.text !== text).slice(1 - MAX_HIGHLIGHTS);
    const colors = Array.from({ length: MAX_HIGHLIGHTS }, (_, color) => color);
    const color = colors.find((free) => others.every((highlight) => highlight.color !== free)) ?? 0;
    if (text !== "") this.#set([...others, { text, color }]);
  }

  /** @param {string} text */
  remove(text) {
    this.#set(this.#all.value.filter((highlight) => highlight.text !== text));
  }

  /** Read the list again after another tab wrote it. */
  reload() {
    this.#all.set(this.#read());
  }

  /** @param {readonly Highlight[]} highlights */
  #set(highlights) {
    this.#all.set(highlights);
    writeList(
      this.#store,
      KEY,
      highlights.map(({ text, color }) => ({ text, colour: color })),
    );
  }

  /** @returns {readonly Highlight[]} */
  #read() {
    const items = readList(this.#store, KEY).filter(isStored).slice(0, MAX_HIGHLIGHTS);
    return items.map(({ text, colour }) => ({ text, color: colour }));
  }
}

/**
 * @param {unknown} stored value from storage, possibly written by another version
 * @returns {stored is Stored}
 */
function isStored(stored) {
  const { text, colour } = /** @type {Record<string, unknown>} */ (stored ?? {});
  return typeof text === "string" && typeof colour === "number" && colour >= 0 && colour < MAX_HIGHLIGHTS;
}
