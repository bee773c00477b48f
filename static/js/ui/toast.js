/** Shows a short message for actions without a visible result, such as copying. */

import { byId, element } from "../lib/element.js";

const SHOWN_MS = 2_500;

export class Toast {
  #box = byId("toast", HTMLElement);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} message */
  show(message) {
    clearTimeout(this.#timer);
    // A new element, so that screen readers announce a repeated message.
    this.#box.replaceChildren(element("span", "", message));
    this.#box.classList.add("shown");
    this.#timer = setTimeout(() => this.#box.classList.remove("shown"), SHOWN_MS);
  }
}
