/** Bookmarked lines of all sources, saved in the browser's storage if it is available. */

import { Signal } from "../lib/signal.js";
import { readList, writeList } from "./storage.js";

/**
 * @typedef {object} Bookmark
 * @property {string} source
 * @property {string} file id of the generation, known only to the running server
 * @property {string} at cursor of the line
 * @property {number | null} n line number in its file
 * @property {number | null} time epoch milliseconds
 * @property {string} text the beginning of the line
 */
/** @typedef {Pick<Bookmark, "source" | "n" | "text"> & {at: string | null}} Line a line whose cursor may be unknown */
/** @typedef {Pick<Bookmark, "source" | "file" | "n" | "time">} LinePosition */
/** @typedef {import("./settings.js").Store} Store */

const KEY = "logviewer.bookmarks";
const MAX = 500;
const TEXT_CHARACTERS = 200;

export class Bookmarks {
  #store;
  /** @type {Signal<readonly Bookmark[]>} */
  #all;

  /** @param {Store | null} store null if storage is blocked */
  constructor(store) {
    this.#store = store;
    this.#all = new Signal(this.#read());
  }

  /** Oldest bookmark first. @returns {import("../lib/signal.js").Readable<readonly Bookmark[]>} */
  get all() {
    return this.#all;
  }

  /** @param {Line} line */
  has(line) {
    return this.#all.value.some((bookmark) => isSame(bookmark, line));
  }

  /**
   * @param {Bookmark} line with its whole text, or the part that was loaded
   * @returns {boolean} whether the line is bookmarked now
   */
  toggle(line) {
    if (this.has(line)) {
      this.remove(line);
      return false;
    }
    const { source, file, at, n, time, text } = line;
    const added = { source, file, at, n, time, text: text.slice(0, TEXT_CHARACTERS) };
    // Drop the oldest ones above the limit.
    this.#set([...this.#all.value, added].slice(-MAX));
    return true;
  }

  /** @param {Line} line */
  remove(line) {
    this.#set(this.#all.value.filter((bookmark) => !isSame(bookmark, line)));
  }

  /**
   * Return the bookmarks of some sources in log order.
   * @param {readonly string[]} sources
   */
  of(sources) {
    return this.#all.value.filter(({ source }) => sources.includes(source)).sort(compare);
  }

  /**
   * @param {readonly string[]} sources
   * @param {LinePosition} line the current line, bookmarked or not
   * @returns {Bookmark | null} null if there is no bookmark further down
   */
  next(sources, line) {
    return this.of(sources).find((bookmark) => compare(bookmark, line) > 0) ?? null;
  }

  /**
   * @param {readonly string[]} sources
   * @param {LinePosition} line
   * @returns {Bookmark | null} null if there is no bookmark further up
   */
  previous(sources, line) {
    return this.of(sources).findLast((bookmark) => compare(bookmark, line) < 0) ?? null;
  }

  /** Read the list again after another tab wrote it. */
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
 * Compare by cursor, or by number and text: one line has several cursors, because later ones carry more hashes.
 * @param {Bookmark} bookmark
 * @param {Line} line
 */
function isSame(bookmark, { source, at, n, text }) {
  if (bookmark.source !== source) return false;
  if (bookmark.at === at) return true;
  return n !== null && bookmark.n === n && bookmark.text === text.slice(0, TEXT_CHARACTERS);
}

/**
 * Compare numbers within one file. Across files compare times, because numbers start again in each file.
 * @param {LinePosition} one
 * @param {LinePosition} other
 */
function compare(one, other) {
  const byNumber = (one.n ?? 0) - (other.n ?? 0);
  if (one.source === other.source && one.file === other.file) return byNumber;
  return (one.time !== null && other.time !== null && one.time - other.time) || byNumber;
}

/**
 * @param {unknown} stored value from storage, possibly written by another version
 * @returns {stored is Bookmark}
 */
function isBookmark(stored) {
  if (typeof stored !== "object" || stored === null) return false;
  const { source, file, at, n, time, text } = /** @type {Record<string, unknown>} */ (stored);
  const isNumber = [n, time].every((value) => value === null || typeof value === "number");
  return isNumber && [source, file, at, text].every((value) => typeof value === "string");
}
