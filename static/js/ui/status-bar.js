/** The status bar: state of the stream, line rate, totals, and the position in the file. */

import { byId, element, setText } from "../lib/element.js";
import { positionText, rateText, shortPositionText, totalText } from "../text/words.js";

/** @typedef {import("../text/words.js").Tone} Tone */
/** @typedef {import("../text/words.js").Position} Position */

export class StatusBar {
  #state = byId("state", HTMLElement);
  #words = byId("state-words", HTMLElement);
  #rate = byId("rate", HTMLElement);
  #total = byId("total", HTMLElement);
  #position = byId("place", HTMLElement);
  #long = element("span", "long");
  #short = element("span", "short");

  constructor() {
    this.#position.replaceChildren(this.#long, this.#short);
  }

  /**
   * @param {string} words
   * @param {Tone} tone
   */
  showState(words, tone) {
    setText(this.#words, words);
    if (this.#state.dataset.tone !== tone) this.#state.dataset.tone = tone;
  }

  /** @param {number | null} perSecond null while the stream is not live */
  showRate(perSecond) {
    setText(this.#rate, perSecond === null ? "" : rateText(perSecond));
  }

  /** @param {import("../text/words.js").LineTotals} totals */
  showTotals(totals) {
    const words = totalText(totals);
    setText(this.#total, words);
    if (this.#total.title !== words) this.#total.title = words;
  }

  /** @param {Position | null} position null without a position, as in an empty view */
  showPosition(position) {
    this.#position.hidden = position === null;
    if (!position) return;
    setText(this.#long, positionText(position));
    setText(this.#short, shortPositionText(position));
  }
}
