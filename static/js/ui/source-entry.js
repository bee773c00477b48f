/** An entry of the source list: checkbox, name, growth rate, size. */

import { element, setText } from "../lib/element.js";
import { bytes } from "../lib/numbers.js";
import { NO_FILTER } from "../model/filter.js";
import { writeQuery } from "../model/query.js";
import { nameInGroup } from "../model/source-groups.js";
import { sanitize } from "../text/sanitize.js";
import { agoText, faultText, shortFault } from "../text/words.js";

/**
 * @typedef {object} Source
 * @property {string} id
 * @property {string} name
 * @property {string} path
 * @property {number | null} size bytes
 * @property {number | null} modified epoch milliseconds
 * @property {string} state
 * @property {string | null} reason why it is unreadable, or a fault of an open file
 * @property {string | null} [encoding] "unknown" if lines are not in the encoding of their file
 * @property {string | null} [host] null for a file of the server itself
 */
/**
 * @typedef {object} SourceActions
 * @property {(id: string) => void} only
 * @property {(id: string, on: boolean) => void} toggle
 * @property {(id: string) => void} openInSplit open in the other pane
 */
/**
 * @typedef {object} EntryState
 * @property {number} now epoch milliseconds
 * @property {number | null} rate bytes per second
 * @property {number | null} color
 * @property {boolean} chosen selected in the active pane
 */

export class SourceEntry {
  item;
  #checkbox = element("input", "");
  #link = element("a", "");
  #growth = element("span", "pace");
  #size = element("span", "size");
  #splitButton = element("button", "beside");
  #colorClass = "";

  /**
   * @param {string} id
   * @param {SourceActions} actions
   */
  constructor(id, actions) {
    this.id = id;
    this.#checkbox.type = "checkbox";
    this.#splitButton.type = "button";
    this.#splitButton.title = "Open in split view (Shift+click)";
    this.#link.href = writeQuery([{ sources: [id], at: null, filter: NO_FILTER }]);
    const details = element("span", "facts", this.#growth, this.#size);
    const label = element("label", "tick", this.#checkbox);
    this.item = element("li", "source", label, this.#link, details, this.#splitButton);
    this.setReachable(false);
    this.#checkbox.addEventListener("change", () => actions.toggle(id, this.#checkbox.checked));
    this.#splitButton.addEventListener("click", () => actions.openInSplit(id));
    this.#link.addEventListener("click", (event) => choose(event, id, actions));
  }

  get isChecked() {
    return this.#checkbox.checked;
  }

  /** @param {EventTarget | null} target */
  isOnName(target) {
    return target === this.#link;
  }

  focus() {
    this.#link.focus();
  }

  /** @param {boolean} on whether the entry is reachable with the Tab key */
  setReachable(on) {
    for (const control of [this.#checkbox, this.#link, this.#splitButton]) control.tabIndex = on ? 0 : -1;
  }

  /**
   * @param {Source} source
   * @param {EntryState} state
   */
  refresh(source, { now, rate, color, chosen }) {
    this.#showName(source);
    this.#showState(source, now, rate);
    if (this.#checkbox.checked !== chosen) this.#checkbox.checked = chosen;
    if (this.item.classList.contains("on") !== chosen) {
      this.item.classList.toggle("on", chosen);
      this.#link.ariaCurrent = chosen ? "true" : null;
    }
    this.#showColor(color);
  }

  /** @param {Source} source */
  #showName(source) {
    const { name, path, size, modified } = source;
    const shown = sanitize(nameInGroup(source));
    if (this.#link.textContent !== shown) {
      this.#link.textContent = shown;
      this.#checkbox.ariaLabel = `Show ${sanitize(name)} together with others`;
      this.#splitButton.ariaLabel = `Open ${sanitize(name)} in split view`;
    }
    const changed = modified === null ? "" : `\nlast modified ${new Date(modified).toLocaleString()}`;
    const fault = faultText(source);
    const title = `${sanitize(path)}${size === null ? "" : `\n${bytes(size)}`}${changed}${fault ? `\n${fault}` : ""}`;
    if (this.#link.title !== title) this.#link.title = title;
  }

  /**
   * @param {Source} source
   * @param {number} now
   * @param {number | null} rate
   */
  #showState(source, now, rate) {
    const { size, modified, state } = source;
    const isAway = state === "absent";
    this.item.classList.toggle("away", isAway);
    // Its host says why.
    const problem = isAway ? "" : state === "open" ? shortFault(source) : state;
    const grows = problem === null && rate !== null && rate > 0;
    const age = modified === null ? "" : agoText(now - modified);
    setText(this.#growth, problem ?? (grows ? `${bytes(rate)}/s` : age));
    this.#growth.classList.toggle("grows", grows);
    this.#growth.classList.toggle("off", problem !== null);
    setText(this.#size, problem === null && size !== null ? bytes(size) : "");
  }

  /** @param {number | null} color */
  #showColor(color) {
    const colorClass = color === null ? "" : `hue-${color}`;
    if (colorClass === this.#colorClass) return;
    if (this.#colorClass) this.item.classList.remove(this.#colorClass);
    if (colorClass) this.item.classList.add(colorClass);
    this.#colorClass = colorClass;
  }
}

/**
 * @param {MouseEvent} event
 * @param {string} id
 * @param {SourceActions} actions
 */
function choose(event, id, actions) {
  // With these modifiers the browser handles the link: new tab, download.
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (event.shiftKey) actions.openInSplit(id);
  else actions.only(id);
}
