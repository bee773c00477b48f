/** Dialog with the bookmarks of all sources: go to one, or remove it. */

import { byId, element } from "../lib/element.js";
import { group } from "../lib/numbers.js";
import { sanitize } from "../text/sanitize.js";

/** @typedef {import("../model/bookmarks.js").Bookmark} Bookmark */
/** @typedef {import("../model/bookmarks.js").Bookmarks} Bookmarks */

export class BookmarksDialog {
  #dialog = byId("bookmarks", HTMLDialogElement);
  #list = byId("bookmarks-list", HTMLElement);
  #empty = byId("bookmarks-empty", HTMLElement);
  #bookmarks;
  #nameOf;
  #go;

  /**
   * @param {Bookmarks} bookmarks
   * @param {object} parts
   * @param {(source: string) => string} parts.nameOf
   * @param {(bookmark: Bookmark) => void} parts.go
   */
  constructor(bookmarks, { nameOf, go }) {
    this.#bookmarks = bookmarks;
    this.#nameOf = nameOf;
    this.#go = go;
    bookmarks.all.subscribe(() => this.#dialog.open && this.#show());
  }

  open() {
    this.#show();
    this.#dialog.showModal();
  }

  #show() {
    const all = this.#bookmarks.all.value;
    const sources = [...new Set(all.map(({ source }) => source))];
    this.#list.replaceChildren(...sources.flatMap((source) => this.#group(source)));
    this.#empty.hidden = all.length > 0;
  }

  /** @param {string} source */
  #group(source) {
    const heading = element("li", "directory", element("h3", "", sanitize(this.#nameOf(source))));
    return [heading, ...this.#bookmarks.of([source]).map((bookmark) => this.#item(bookmark))];
  }

  /** @param {Bookmark} bookmark */
  #item(bookmark) {
    const text = sanitize(bookmark.text) || "(empty line)";
    const number = element("span", "line-number", bookmark.n === null ? "" : group(bookmark.n));
    const go = element("button", "item", number, element("span", "words", text));
    go.type = "button";
    go.title = text;
    go.addEventListener("click", () => {
      this.#dialog.close();
      this.#go(bookmark);
    });
    const remove = element("button", "remove", "\u2715");
    remove.type = "button";
    remove.title = "Remove bookmark";
    remove.ariaLabel = bookmark.n === null ? "Remove bookmark" : `Remove bookmark at line ${group(bookmark.n)}`;
    remove.addEventListener("click", () => this.#bookmarks.remove(bookmark));
    return element("li", "bookmark", go, remove);
  }
}
