/** The sheet that holds the source list on a narrow screen. */

export class Sheet {
  #dialog;
  #content;
  #home;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {HTMLElement} content stands in its place on the page, and in the dialog while that is open
   */
  constructor(dialog, content) {
    this.#dialog = dialog;
    this.#content = content;
    this.#home = content.parentElement;
    dialog.addEventListener("close", () => this.#home?.append(content));
    matchMedia("(min-width: 701px)").addEventListener("change", () => this.close());
  }

  toggle() {
    if (this.#dialog.open) return this.close();
    this.#dialog.append(this.#content);
    this.#dialog.showModal();
  }

  close() {
    this.#dialog.close();
  }
}
