/** The notice of a list: centered in an empty list, at the top of a list with rows. */

import { element } from "../lib/element.js";

/** @typedef {import("../text/notices.js").Notice} Notice */

export class NoticeBox {
  #box;
  #shown = "";

  /** @param {HTMLElement} box */
  constructor(box) {
    this.#box = box;
  }

  /**
   * @param {Notice | null} notice
   * @param {boolean} overRows
   */
  show(notice, overRows) {
    this.#box.classList.toggle("over-rows", overRows);
    const text = JSON.stringify(notice);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#box.hidden = notice === null;
    this.#box.replaceChildren(...(notice ? parts(notice) : []));
  }
}

/** @param {Notice} notice */
function parts({ title, text, action }) {
  const elements = [element("h2", "", title), element("p", "", text)];
  if (!action) return elements;
  const button = element("button", "", action.label);
  button.type = "button";
  button.dataset.command = action.command;
  return [...elements, button];
}
