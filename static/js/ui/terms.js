/** Words to see in every line, each in its colour: add one, take one away. */

import { byId, element } from "../lib/element.js";
import { MOST_TERMS } from "../model/terms.js";
import { visible } from "../text/sanitize.js";

export class TermsDialog {
  #dialog = byId("terms", HTMLDialogElement);
  #field = byId("terms-field", HTMLInputElement);
  #list = byId("terms-list", HTMLElement);
  #terms;

  /** @param {import("../model/terms.js").Terms} terms */
  constructor(terms) {
    this.#terms = terms;
    byId("terms-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      terms.add(this.#field.value);
      this.#field.value = "";
    });
    terms.all.subscribe((all) => this.#list.replaceChildren(...all.map((term) => this.#item(term))));
  }

  open() {
    this.#field.placeholder = `up to ${MOST_TERMS} words`;
    this.#dialog.showModal();
  }

  /** @param {import("../model/terms.js").Term} term */
  #item({ text, colour }) {
    const remove = element("button", "", "\u2715");
    remove.type = "button";
    remove.ariaLabel = `Do not highlight ${visible(text)}`;
    remove.addEventListener("click", () => this.#terms.remove(text));
    const words = element("span", `words term-${colour}`, visible(text));
    return element("li", "chip", words, remove);
  }
}
