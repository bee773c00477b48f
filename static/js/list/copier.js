/** Copies the selection to the clipboard, and selects all lines on Ctrl+A. */

import { loadSelectedText, selectedText } from "./selected-text.js";

/** @typedef {import("./selected-text.js").RowSource} RowSource */

export class Copier {
  #selection;
  #document;
  #rowState;
  #later;

  /**
   * @param {HTMLElement} log
   * @param {object} parts
   * @param {import("./selection.js").Selection} parts.selection
   * @param {() => RowSource} parts.document the current document
   * @param {import("./row-state.js").RowState} parts.rowState
   * @param {(text: string) => void} parts.later called with text that had to be loaded first
   */
  constructor(log, { selection, document, rowState, later }) {
    this.#selection = selection;
    this.#document = document;
    this.#rowState = rowState;
    this.#later = later;
    log.addEventListener("copy", (event) => this.#copy(event));
    log.addEventListener("keydown", (event) => this.#selectAll(event));
  }

  /** The selected text, once loaded; null without a selection. @returns {Promise<string> | null} */
  text() {
    const { range } = this.#selection;
    return range && loadSelectedText(this.#document(), range, this.#rowState);
  }

  /** @param {ClipboardEvent} event */
  #copy(event) {
    const { range } = this.#selection;
    if (!range) return;
    const text = selectedText(this.#document(), range, this.#rowState);
    // A clipboard event cannot be delayed, so missing lines are copied after they are loaded.
    if (text === null) return void this.text()?.then(this.#later);
    event.preventDefault();
    event.clipboardData?.setData("text/plain", text);
  }

  /** @param {KeyboardEvent} event */
  #selectAll(event) {
    if (event.key !== "a" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    this.#selection.selectAll(this.#document().total);
  }
}
