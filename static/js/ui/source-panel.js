/** Where the list of sources is: beside the log, or on a narrow screen in a sheet. */

export class SourcePanel {
  #dialog;
  #content;
  #home;
  #search;
  #settings;
  #narrow = matchMedia("(max-width: 700px)");

  /**
   * @param {object} parts
   * @param {HTMLDialogElement} parts.dialog the sheet
   * @param {HTMLElement} parts.content stands in its place on the page, and in the dialog while that is open
   * @param {HTMLInputElement} parts.search
   * @param {import("../model/settings.js").Settings} parts.settings
   */
  constructor({ dialog, content, search, settings }) {
    this.#dialog = dialog;
    this.#content = content;
    this.#home = content.parentElement;
    this.#search = search;
    this.#settings = settings;
    dialog.addEventListener("close", () => this.#home?.append(content));
    this.#narrow.addEventListener("change", () => this.close());
  }

  /** To the list, and from the sheet back. */
  focusSearch() {
    if (this.#dialog.open) return this.close();
    if (this.#narrow.matches) return this.#openSheet();
    if (!this.#settings.side.value) this.#settings.toggleSide();
    this.#search.focus();
    this.#search.select();
  }

  /** Closes the sheet, if it is open. */
  close() {
    this.#dialog.close();
  }

  #openSheet() {
    this.#dialog.append(this.#content);
    this.#dialog.showModal();
    // The search would have the focus, and with it the keyboard of a phone would cover the list.
    this.#dialog.focus();
  }
}
