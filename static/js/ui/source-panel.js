/** The panel with the source list: beside the log, or in a sheet on narrow screens. */

import { PHONE } from "./breakpoints.js";

export class SourcePanel {
  #dialog;
  #content;
  #parent;
  #search;
  #settings;
  #phone = matchMedia(PHONE);

  /**
   * @param {object} parts
   * @param {HTMLDialogElement} parts.dialog the sheet
   * @param {HTMLElement} parts.content moved into the sheet while that is open
   * @param {HTMLInputElement} parts.search
   * @param {import("../model/settings.js").Settings} parts.settings
   */
  constructor({ dialog, content, search, settings }) {
    this.#dialog = dialog;
    this.#content = content;
    this.#parent = content.parentElement;
    this.#search = search;
    this.#settings = settings;
    dialog.addEventListener("close", () => this.#parent?.append(content));
    this.#phone.addEventListener("change", () => this.close());
  }

  /** Focus the search field, or open or close the sheet. */
  focusSearch() {
    if (this.#dialog.open) return this.close();
    if (this.#phone.matches) return this.#openSheet();
    if (!this.#settings.side.value) this.#settings.toggleSide();
    this.#search.focus();
    this.#search.select();
  }

  /** Close the sheet if it is open. */
  close() {
    this.#dialog.close();
  }

  #openSheet() {
    this.#dialog.append(this.#content);
    this.#dialog.showModal();
    // Focus on the search field would open the on-screen keyboard, which covers the list.
    this.#dialog.focus();
  }
}
