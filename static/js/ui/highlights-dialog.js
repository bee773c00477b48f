/** Dialog for highlighted words: add or remove one. */

import { byId, element } from "../lib/element.js";
import { MAX_HIGHLIGHTS } from "../model/highlights.js";
import { sanitize } from "../text/sanitize.js";

export class HighlightsDialog {
  #dialog = byId("highlights", HTMLDialogElement);
  #field = byId("highlights-field", HTMLInputElement);
  #list = byId("highlights-list", HTMLElement);
  #highlights;

  /** @param {import("../model/highlights.js").Highlights} highlights */
  constructor(highlights) {
    this.#highlights = highlights;
    byId("highlights-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      highlights.add(this.#field.value);
      this.#field.value = "";
    });
    highlights.all.subscribe((all) => this.#list.replaceChildren(...all.map((highlight) => this.#item(highlight))));
  }

  open() {
    this.#field.placeholder = `up to ${MAX_HIGHLIGHTS} words`;
    this.#dialog.showModal();
  }

  /** @param {import("../model/highlights.js").Highlight} highlight */
  #item({ text, color }) {
    const remove = element("button", "", "\u2715");
    remove.type = "button";
    remove.ariaLabel = `Remove highlight: ${sanitize(text)}`;
    remove.addEventListener("click", () => this.#highlights.remove(text));
    const label = element("span", `words term-${color}`, sanitize(text));
    return element("li", "chip", label, remove);
  }
}
