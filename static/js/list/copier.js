/** Puts what is selected into the clipboard, and selects all when asked by keys. */

import { textLater, textNow } from "./copying.js";

/** @typedef {import("./copying.js").Rows} Rows */

export class Copier {
  #selection;
  #document;
  #looks;
  #later;

  /**
   * @param {HTMLElement} log
   * @param {object} parts
   * @param {import("./selection.js").Selection} parts.selection
   * @param {() => Rows} parts.document the present one
   * @param {import("./looks.js").Looks} parts.looks
   * @param {(text: string) => void} parts.later told what is to be copied, where it came later
   */
  constructor(log, { selection, document, looks, later }) {
    this.#selection = selection;
    this.#document = document;
    this.#looks = looks;
    this.#later = later;
    log.addEventListener("copy", (event) => this.#copy(event));
    log.addEventListener("keydown", (event) => this.#chooseAll(event));
  }

  /** What is selected. @returns {Promise<string> | null} */
  text() {
    const { range } = this.#selection;
    return range && textLater(this.#document(), range, this.#looks);
  }

  /** @param {ClipboardEvent} event */
  #copy(event) {
    const { range } = this.#selection;
    if (!range) return;
    const text = textNow(this.#document(), range, this.#looks);
    // The clipboard waits for nobody: what is not here yet is copied when it is.
    if (text === null) return void this.text()?.then(this.#later);
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
  }

  /** @param {KeyboardEvent} event */
  #chooseAll(event) {
    if (event.key !== "a" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.#selection.chooseAll(this.#document().total);
  }
}
