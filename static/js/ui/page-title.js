/** Names of the shown sources in the top bar, on the source button, and in the title of the tab. */

import { byId, setText } from "../lib/element.js";
import { counted, group } from "../lib/numbers.js";

export class PageTitle {
  #title = byId("title", HTMLElement);
  #button = byId("sources-button", HTMLElement);

  /**
   * @param {readonly string[]} names names of the selected sources, sanitized
   * @param {number} unseen lines received while the page was hidden
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
