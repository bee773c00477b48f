/** The list of sources. Entries are kept and refreshed in place, so focus stays and nothing jumps. */

import { element } from "../lib/element.js";
import { bytes } from "../lib/numbers.js";
import { HUE_COUNT } from "../model/hues.js";
import { writeQuery } from "../model/query.js";
import { visible } from "../text/sanitize.js";

/** @typedef {{id: string, name: string, path: string, size: number | null, state: string}} Source */
/**
 * @typedef {object} Choosing
 * @property {(id: string) => void} only
 * @property {(id: string, on: boolean) => void} toggle
 */

export class SourceList {
  #list;
  #choosing;
  /** @type {Map<string, Entry>} */
  #entries = new Map();

  /**
   * @param {HTMLElement} list
   * @param {Choosing} choosing
   */
  constructor(list, choosing) {
    this.#list = list;
    this.#choosing = choosing;
  }

  /**
   * @param {readonly Source[]} sources
   * @param {import("../model/hues.js").Hues} hues
   */
  show(sources, hues) {
    const ids = new Set(sources.map(({ id }) => id));
    for (const [id, entry] of this.#entries) {
      if (ids.has(id)) continue;
      entry.item.remove();
      this.#entries.delete(id);
    }
    sources.forEach((source, index) => {
      const entry = this.#entries.get(source.id) ?? this.#add(source.id);
      entry.refresh(source, hues.of(source.id));
      const there = this.#list.children[index] ?? null;
      if (there !== entry.item) this.#list.insertBefore(entry.item, there);
    });
  }

  /** @param {string} id */
  #add(id) {
    const entry = new Entry(id, this.#choosing);
    this.#entries.set(id, entry);
    return entry;
  }
}

class Entry {
  item;
  #tick = element("input", "");
  #link = element("a", "");
  #facts = element("span", "facts");

  /**
   * @param {string} id
   * @param {Choosing} choosing
   */
  constructor(id, choosing) {
    this.#tick.type = "checkbox";
    this.#link.href = writeQuery({ sources: [id] });
    this.item = element("li", "source", element("label", "tick", this.#tick), this.#link, this.#facts);
    this.#tick.addEventListener("change", () => choosing.toggle(id, this.#tick.checked));
    this.#link.addEventListener("click", (event) => {
      // With a modifier it is a link like any other: a new tab, a new window.
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      choosing.only(id);
    });
  }

  /**
   * @param {Source} source
   * @param {number | null} hue
   */
  refresh({ name, path, size, state }, hue) {
    const shown = visible(name);
    const chosen = hue !== null;
    this.#link.textContent = shown;
    this.#link.title = visible(path);
    this.#link.ariaCurrent = chosen ? "true" : null;
    this.#tick.checked = chosen;
    this.#tick.ariaLabel = `show ${shown} together with others`;
    this.#facts.textContent = state === "open" ? (size === null ? "" : bytes(size)) : state;
    this.#facts.classList.toggle("off", state !== "open");
    this.item.classList.toggle("chosen", chosen);
    for (let index = 0; index < HUE_COUNT; index += 1) this.item.classList.toggle(`hue-${index}`, index === hue);
  }
}
