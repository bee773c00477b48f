/** Says for a moment what was done, where it leaves no trace on the page: copied, marked, no more bookmarks. */

import { byId, element } from "../lib/element.js";

const SHOWN_MS = 2_500;

export class Toast {
  #box = byId("toast", HTMLElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} message */
  show(message) {
    clearTimeout(this.#timer);
    // A new element, so that the same words are read out again.
    this.#box.replaceChildren(element("span", "", message));
    this.#box.classList.add("shown");
    this.#timer = setTimeout(() => this.#box.classList.remove("shown"), SHOWN_MS);
  }
}
