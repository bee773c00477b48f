/** The status bar: the stream's state in words, how fast lines come, how many came, where in the file one is. */

import { byId, element, setText } from "../lib/element.js";
import { placeWords, rateWords, shortPlaceWords, totalWords } from "../text/words.js";

/** @typedef {import("../text/words.js").Tone} Tone */
/** @typedef {import("../text/words.js").Place} Place */

export class StatusBar {
  #state = byId("state", HTMLElement);
  #words = byId("state-words", HTMLElement);
  #rate = byId("rate", HTMLElement);
  #total = byId("total", HTMLElement);
  #place = byId("place", HTMLElement);
  #long = element("span", "long");
  #short = element("span", "short");

  constructor() {
    this.#place.replaceChildren(this.#long, this.#short);
  }

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
    setText(this.#rate, perSecond === null ? "" : rateWords(perSecond));
  }

  /** @param {import("../text/words.js").Totals} totals */
  showTotals(totals) {
    const words = totalWords(totals);
    setText(this.#total, words);
    if (this.#total.title !== words) this.#total.title = words;
  }

  /** @param {Place | null} place null where there is none, as in an empty view */
  showPlace(place) {
    this.#place.hidden = place === null;
    if (!place) return;
    setText(this.#long, placeWords(place));
    setText(this.#short, shortPlaceWords(place));
  }
}
