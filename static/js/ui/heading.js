/** What is shown, by name: in the bar, on the button that opens the list, in the title of the tab. */

import { byId } from "../lib/element.js";
import { counted } from "../lib/numbers.js";
import { visible } from "../text/sanitize.js";

export class Heading {
  #title = byId("title", HTMLElement);
  #button = byId("sources-button", HTMLElement);

  /** @param {readonly string[]} names of the chosen sources */
  show(names) {
    const shown = names.map(visible);
    const short = shown.length === 1 ? shown[0] : counted(shown.length, "source");
    this.#title.textContent = shown.join(", ");
    this.#title.title = this.#title.textContent;
    this.#button.textContent = shown.length === 0 ? "Sources" : short;
    document.title = shown.length === 0 ? "logviewer" : `${short} \u00b7 logviewer`;
  }
}
