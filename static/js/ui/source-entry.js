/** One source in the list: its tick, its name, what happens to it, its size. */

import { element, setText } from "../lib/element.js";
import { bytes } from "../lib/numbers.js";
import { NO_FILTER } from "../model/filter.js";
import { writeQuery } from "../model/query.js";
import { visible } from "../text/sanitize.js";
import { agoWords } from "../text/words.js";

/**
 * @typedef {object} Source
 * @property {string} id
 * @property {string} name
 * @property {string} path
 * @property {number | null} size bytes
 * @property {number | null} modified epoch milliseconds
 * @property {string} state
 */
/**
 * @typedef {object} Choosing
 * @property {(id: string) => void} only
 * @property {(id: string, on: boolean) => void} toggle
 * @property {(id: string) => void} beside in the other pane
 */
/**
 * @typedef {object} Facts
 * @property {number} now epoch milliseconds
 * @property {number | null} rate bytes a second
 * @property {number | null} hue
 * @property {boolean} chosen in the active pane
 */

export class SourceEntry {
  item;
  #tick = element("input", "");
  #link = element("a", "");
  #pace = element("span", "pace");
  #size = element("span", "size");
  #beside = element("button", "beside");
  #hueClass = "";

  /**
   * @param {string} id
   * @param {Choosing} choosing
   */
  constructor(id, choosing) {
    this.id = id;
    this.#tick.type = "checkbox";
    this.#beside.type = "button";
    this.#beside.title = "Open beside (shift and click)";
    this.#link.href = writeQuery([{ sources: [id], at: null, filter: NO_FILTER }]);
    const facts = element("span", "facts", this.#pace, this.#size);
    this.item = element("li", "source", element("label", "tick", this.#tick), this.#link, facts, this.#beside);
    this.reach(false);
    this.#tick.addEventListener("change", () => choosing.toggle(id, this.#tick.checked));
    this.#beside.addEventListener("click", () => choosing.beside(id));
    this.#link.addEventListener("click", (event) => choose(event, id, choosing));
  }

  get isTicked() {
    return this.#tick.checked;
  }

  /** @param {EventTarget | null} target */
  isOnName(target) {
    return target === this.#link;
  }

  focus() {
    this.#link.focus();
  }

  /** @param {boolean} on whether it passes the filter */
  show(on) {
    if (this.item.hidden === on) this.item.hidden = !on;
  }

  /** @param {boolean} on whether the tab key comes by */
  reach(on) {
    for (const control of [this.#tick, this.#link, this.#beside]) control.tabIndex = on ? 0 : -1;
  }

  /**
   * @param {Source} source
   * @param {Facts} facts
   */
  refresh(source, { now, rate, hue, chosen }) {
    this.#showName(source);
    this.#showState(source, now, rate);
    if (this.#tick.checked !== chosen) this.#tick.checked = chosen;
    if (this.item.classList.contains("on") !== chosen) {
      this.item.classList.toggle("on", chosen);
      this.#link.ariaCurrent = chosen ? "true" : null;
    }
    this.#showHue(hue);
  }

  /** @param {Source} source */
  #showName({ name, path, size, modified }) {
    const shown = visible(name);
    if (this.#link.textContent !== shown) {
      this.#link.textContent = shown;
      this.#tick.ariaLabel = `show ${shown} together with others`;
      this.#beside.ariaLabel = `open ${shown} beside`;
    }
    const changed = modified === null ? "" : `\nlast change ${new Date(modified).toLocaleString()}`;
    const title = `${visible(path)}${size === null ? "" : `\n${bytes(size)}`}${changed}`;
    if (this.#link.title !== title) this.#link.title = title;
  }

  /**
   * @param {Source} source
   * @param {number} now
   * @param {number | null} rate
   */
  #showState({ size, modified, state }, now, rate) {
    const isOpen = state === "open";
    const grows = isOpen && rate !== null && rate > 0;
    const age = modified === null ? "" : agoWords(now - modified);
    const pace = !isOpen ? state : grows ? `${bytes(rate)}/s` : age;
    setText(this.#pace, pace);
    this.#pace.classList.toggle("grows", grows);
    this.#pace.classList.toggle("off", !isOpen);
    setText(this.#size, isOpen && size !== null ? bytes(size) : "");
  }

  /** @param {number | null} hue */
  #showHue(hue) {
    const hueClass = hue === null ? "" : `hue-${hue}`;
    if (hueClass === this.#hueClass) return;
    if (this.#hueClass) this.item.classList.remove(this.#hueClass);
    if (hueClass) this.item.classList.add(hueClass);
    this.#hueClass = hueClass;
  }
}

/**
 * @param {MouseEvent} event
 * @param {string} id
 * @param {Choosing} choosing
 */
function choose(event, id, choosing) {
  // With these it is a link like any other: a new tab, a download.
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (event.shiftKey) choosing.beside(id);
  else choosing.only(id);
}
