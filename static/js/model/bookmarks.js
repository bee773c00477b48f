/** Lines that a reader wants to find again: kept in storage where there is one, for every source. */

import { Signal } from "../lib/signal.js";
import { readList, writeList } from "./storage.js";

/**
 * @typedef {object} Bookmark
 * @property {string} source
 * @property {string} file the generation, named so that only the running server knows it
 * @property {string} at cursor of the line
 * @property {number | null} n number in its file
 * @property {number | null} time epoch milliseconds
 * @property {string} text its beginning
 */
/** @typedef {Pick<Bookmark, "source" | "n" | "text"> & {at: string | null}} Line a line, whose cursor may be unknown */
/** @typedef {Pick<Bookmark, "source" | "file" | "n" | "time">} LinePosition */
/** @typedef {import("./settings.js").Store} Store */

const KEY = "logviewer.bookmarks";
const MAX = 500;
const TEXT_CHARACTERS = 200;

export class Bookmarks {
  #store;
  /** @type {Signal<readonly Bookmark[]>} */
  #all;

  /** @param {Store | null} store null where the browser gives none */
  constructor(store) {
    this.#store = store;
    this.#all = new Signal(this.#read());
  }

  /** The oldest bookmark first. @returns {import("../lib/signal.js").Readable<readonly Bookmark[]>} */
  get all() {
    return this.#all;
  }

  /** @param {Line} line */
  has(line) {
    return this.#all.value.some((bookmark) => isSame(bookmark, line));
  }

  /**
   * @param {Bookmark} line with its whole text, or as much as there is
   * @returns {boolean} whether it is a bookmark now
   */
  toggle(line) {
    if (this.has(line)) {
      this.remove(line);
      return false;
    }
    const { source, file, at, n, time, text } = line;
    const added = { source, file, at, n, time, text: text.slice(0, TEXT_CHARACTERS) };
    // Past the bound the oldest goes: the one least likely to be looked for.
    this.#set([...this.#all.value, added].slice(-MAX));
    return true;
  }

  /** @param {Line} line */
  remove(line) {
    this.#set(this.#all.value.filter((bookmark) => !isSame(bookmark, line)));
  }

  /**
   * Those of some sources, as they follow one another in the log.
   * @param {readonly string[]} sources
   */
  of(sources) {
    return this.#all.value.filter(({ source }) => sources.includes(source)).sort(compare);
  }

  /**
   * @param {readonly string[]} sources
   * @param {LinePosition} here the current line, marked or not
   * @returns {Bookmark | null} null if there is none further down
   */
  next(sources, here) {
    return this.of(sources).find((bookmark) => compare(bookmark, here) > 0) ?? null;
  }

  /**
   * @param {readonly string[]} sources
   * @param {LinePosition} here
   * @returns {Bookmark | null} null if there is none further up
   */
  previous(sources, here) {
    return this.of(sources).findLast((bookmark) => compare(bookmark, here) < 0) ?? null;
  }

  /** Another tab wrote. */
  reload() {
    this.#all.set(this.#read());
  }

  /** @param {readonly Bookmark[]} bookmarks */
  #set(bookmarks) {
    this.#all.set(bookmarks);
    writeList(this.#store, KEY, bookmarks);
  }

  /** @returns {readonly Bookmark[]} */
  #read() {
    return readList(this.#store, KEY).filter(isBookmark);
  }
}

/**
 * One place has more than one cursor: a later one knows more of its file. The same text at the same number is the line.
 * @param {Bookmark} bookmark
 * @param {Line} line
 */
function isSame(bookmark, { source, at, n, text }) {
  if (bookmark.source !== source) return false;
  if (bookmark.at === at) return true;
  return n !== null && bookmark.n === n && bookmark.text === text.slice(0, TEXT_CHARACTERS);
}

/**
 * Numbers begin anew in each file of a source, times do not; but within one file the number is exact, and only it.
 * @param {LinePosition} one
 * @param {LinePosition} other
 */
function compare(one, other) {
  const byNumber = (one.n ?? 0) - (other.n ?? 0);
  if (one.source === other.source && one.file === other.file) return byNumber;
  return (one.time !== null && other.time !== null && one.time - other.time) || byNumber;
}

/**
 * @param {unknown} kept what the storage says, which another version may have written
 * @returns {kept is Bookmark}
 */
function isBookmark(kept) {
  if (typeof kept !== "object" || kept === null) return false;
  const { source, file, at, n, time, text } = /** @type {Record<string, unknown>} */ (kept);
  const isNumber = [n, time].every((value) => value === null || typeof value === "number");
  return isNumber && [source, file, at, text].every((value) => typeof value === "string");
}
