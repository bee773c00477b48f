/** A host in the source list: checkbox for all its sources, name, state and problems. */

import { element, setText } from "../lib/element.js";
import { group } from "../lib/numbers.js";
import { hostProblems, hostStateText, hostStateTitle } from "../text/host-words.js";
import { sanitize } from "../text/sanitize.js";

/** @typedef {import("../text/host-words.js").Host} Host */
/**
 * @typedef {object} HostState
 * @property {number} now epoch milliseconds
 * @property {boolean} isOpen whether its sources are listed
 * @property {number} chosen number of its sources in the active pane
 * @property {string} version that of the hub
 */

export class HostEntry {
  item;
  #checkbox = element("input", "");
  #name = element("button", "host-name");
  #facts = element("span", "facts");
  #problems = element("p", "host-problems");

  /**
   * @param {string} name
   * @param {object} actions
   * @param {(name: string, on: boolean) => unknown} actions.toggleHost show all its sources
   * @param {(name: string) => void} actions.open list its sources, or no longer
   */
  constructor(name, { toggleHost, open }) {
    this.id = name;
    this.#checkbox.type = "checkbox";
    this.#checkbox.ariaLabel = `Show all sources of ${sanitize(name)}`;
    this.#name.type = "button";
    setText(this.#name, sanitize(name));
    const label = element("label", "tick", this.#checkbox);
    this.item = element("li", "host", label, this.#name, this.#facts, this.#problems);
    this.setReachable(false);
    this.#checkbox.addEventListener("change", () => toggleHost(name, this.#checkbox.checked));
    this.#name.addEventListener("click", () => open(name));
  }

  get isOpen() {
    return this.#name.ariaExpanded === "true";
  }

  focus() {
    this.#name.focus();
  }

  /** @param {boolean} on whether the entry is reachable with the Tab key */
  setReachable(on) {
    for (const control of [this.#checkbox, this.#name]) control.tabIndex = on ? 0 : -1;
  }

  /**
   * @param {Host} host
   * @param {HostState} state
   */
  refresh(host, { now, isOpen, chosen, version }) {
    const expanded = String(isOpen);
    if (this.#name.ariaExpanded !== expanded) this.#name.ariaExpanded = expanded;
    const labels = Object.entries(host.labels).map(([key, value]) => sanitize(`${key}=${value}`));
    const title = [hostStateTitle(host), ...labels].join("\n");
    if (this.#name.title !== title) this.#name.title = title;
    const state = hostStateText(host, now);
    setText(this.#facts, state || (host.sources > 0 ? group(host.sources) : "no sources"));
    this.#facts.classList.toggle("off", host.state === "absent");
    this.item.classList.toggle("away", host.state !== "here");
    const problems = hostProblems(host, version).join(" \u00b7 ");
    setText(this.#problems, problems);
    this.#problems.hidden = problems === "";
    this.#checkbox.disabled = host.sources === 0 && chosen === 0;
    this.#checkbox.checked = chosen > 0 && chosen >= host.sources;
    this.#checkbox.indeterminate = chosen > 0 && chosen < host.sources;
  }
}
