/** The bookmarks as a list: go to one, or take it off. */

import { byId, element } from "../lib/element.js";
import { group } from "../lib/numbers.js";
import { visible } from "../text/sanitize.js";

/** @typedef {import("../model/bookmarks.js").Bookmark} Bookmark */
/** @typedef {import("../model/bookmarks.js").Bookmarks} Bookmarks */

export class MarksDialog {
  #dialog = byId("marks", HTMLDialogElement);
  #list = byId("marks-list", HTMLElement);
  #none = byId("marks-none", HTMLElement);
  #bookmarks;
  #nameOf;
  #go;

  /**
   * @param {Bookmarks} bookmarks
   * @param {object} parts
   * @param {(source: string) => string} parts.nameOf
   * @param {(mark: Bookmark) => void} parts.go
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
    this.#none.hidden = all.length > 0;
  }

  /** @param {string} source */
  #group(source) {
    const heading = element("li", "directory", element("h3", "", visible(this.#nameOf(source))));
    return [heading, ...this.#bookmarks.of([source]).map((mark) => this.#item(mark))];
  }

  /** @param {Bookmark} mark */
  #item(mark) {
    const words = visible(mark.text) || "(empty line)";
    const number = element("span", "line-number", mark.n === null ? "" : group(mark.n));
    const go = element("button", "item", number, element("span", "words", words));
    go.type = "button";
    go.title = words;
    go.addEventListener("click", () => {
      this.#dialog.close();
      this.#go(mark);
    });
    const remove = element("button", "remove", "\u2715");
    remove.type = "button";
    remove.title = "Remove this bookmark";
    remove.ariaLabel = mark.n === null ? "Remove this bookmark" : `Remove the bookmark at line ${group(mark.n)}`;
    remove.addEventListener("click", () => this.#bookmarks.remove(mark));
    return element("li", "bookmark", go, remove);
  }
}
