/** The status bar: the stream's state in words, how fast lines come, how many came. */

import { byId } from "../lib/element.js";
import { counted, group } from "../lib/numbers.js";

/** @typedef {import("../text/words.js").Tone} Tone */

export class StatusBar {
  #state = byId("state", HTMLElement);
  #words = byId("state-words", HTMLElement);
  #rate = byId("rate", HTMLElement);
  #total = byId("total", HTMLElement);

  /**
   * @param {string} words
   * @param {Tone} tone
   */
  showState(words, tone) {
    setText(this.#words, words);
    if (this.#state.dataset.tone !== tone) this.#state.dataset.tone = tone;
  }

  /** @param {number | null} perSecond null while nothing can come */
  showRate(perSecond) {
    setText(
      this.#rate,
      perSecond === null
        ? ""
        : `${group(perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond))} lines/s`,
    );
  }

  /** @param {{received: number, skipped: number, waiting: number}} lines skipped and waiting are among the received */
  showTotal({ received, skipped, waiting }) {
    const words = received > 0 ? [`${counted(received, "line")} received`] : [];
    if (skipped > 0) words.push(`${group(skipped)} skipped`);
    if (waiting > 0) words.push(`${group(waiting)} waiting`);
    setText(this.#total, words.join(" \u00b7 "));
  }
}

/**
 * Leaves the node alone when nothing changed, so a selection in it survives.
 * @param {HTMLElement} node
 * @param {string} text
 */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
