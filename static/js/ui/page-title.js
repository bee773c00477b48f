/** What is shown, by name: in the bar, on the button that opens the list, in the title of the tab. */

import { byId, setText } from "../lib/element.js";
import { counted, group } from "../lib/numbers.js";

export class PageTitle {
  #title = byId("title", HTMLElement);
  #button = byId("sources-button", HTMLElement);

  /**
   * @param {readonly string[]} names of the chosen sources, fit to be seen
   * @param {number} unseen lines that came while nobody looked
   */
  show(names, unseen) {
    const all = names.join(", ");
    const short = names.length === 1 ? names[0] : counted(names.length, "source");
    setText(this.#title, all);
    if (this.#title.title !== all) this.#title.title = all;
    setText(this.#button, names.length === 0 ? "Sources" : short);
    const badge = unseen > 0 ? `(${group(unseen)}) ` : "";
    const title = names.length === 0 ? "logviewer" : `${badge}${short} \u2013 logviewer`;
    if (document.title !== title) document.title = title;
  }
}
