/** The list of sources. Entries are updated in place, which keeps the focus and avoids jumps. */

import { element, setText } from "../lib/element.js";
import { GrowthRates } from "../model/growth-rates.js";
import { groupSources, matchesSearch } from "../model/source-groups.js";
import { sanitize } from "../text/sanitize.js";
import { SourceEntry } from "./source-entry.js";

/** @typedef {import("./source-entry.js").Source} Source */
/** @typedef {import("./source-entry.js").SourceActions} SourceActions */
/**
 * @typedef {object} ListState
 * @property {import("../model/source-colors.js").SourceColors} sourceColors colors of the sources shown in any pane
 * @property {readonly string[]} chosen ids selected in the active pane
 */

export class SourceList {
  #list;
  #search;
  #noMatch;
  #actions;
  #growthRates = new GrowthRates();
  /** @type {readonly Source[]} */
  #sources = [];
  /** @type {Map<string, SourceEntry>} */
  #entries = new Map();
  /** @type {Map<string, HTMLElement>} */
  #headings = new Map();
  /** @type {SourceEntry | null} the only entry in the Tab order */
  #current = null;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.list
   * @param {HTMLInputElement} parts.search
   * @param {HTMLElement} parts.noMatch shown when no source matches the search
   * @param {SourceActions} actions
   */
  constructor({ list, search, noMatch }, actions) {
    this.#list = list;
    this.#search = search;
    this.#noMatch = noMatch;
    this.#actions = actions;
    search.addEventListener("input", () => this.#filter());
    search.addEventListener("keydown", (event) => this.#searchKey(event));
    list.addEventListener("keydown", (event) => this.#listKey(event));
    list.addEventListener("focusin", ({ target }) => this.#makeCurrent(this.#entryAt(target)));
  }

  /**
   * @param {readonly Source[]} sources
   * @param {ListState} shown
   */
  show(sources, { sourceColors, chosen }) {
    if (sources !== this.#sources) this.#growthRates.sample(sources, performance.now());
    const isSame = sources === this.#sources;
    this.#sources = sources;
    if (!isSame) this.#arrange();
    const now = Date.now();
    const chosenIds = new Set(chosen);
    for (const source of sources) {
      const state = { now, rate: this.#growthRates.rate(source.id), color: sourceColors.of(source.id) };
      this.#entries.get(source.id)?.refresh(source, { ...state, chosen: chosenIds.has(source.id) });
    }
    if (!isSame) this.#filter();
    if (!this.#current?.item.isConnected) this.#makeCurrent(this.#entries.values().next().value ?? null);
  }

  /** Put entries and headings in order; an element that is in place is not touched. */
  #arrange() {
    const groups = groupSources(this.#sources);
    const wanted = groups.flatMap(({ directory, sources }) => [
      ...(directory ? [this.#heading(directory)] : []),
      ...sources.map(({ id }) => this.#entry(id).item),
    ]);
    this.#forget(new Set(wanted));
    let next = this.#list.firstElementChild;
    for (const item of wanted) {
      if (item === next) next = item.nextElementSibling;
      else this.#list.insertBefore(item, next);
    }
  }

  /** @param {ReadonlySet<HTMLElement>} wanted */
  #forget(wanted) {
    for (const [id, { item }] of this.#entries) {
      if (wanted.has(item)) continue;
      item.remove();
      this.#entries.delete(id);
    }
    for (const [directory, heading] of this.#headings) {
      if (wanted.has(heading)) continue;
      heading.remove();
      this.#headings.delete(directory);
    }
  }

  /** @param {string} id */
  #entry(id) {
    const known = this.#entries.get(id);
    if (known) return known;
    const entry = new SourceEntry(id, this.#actions);
    this.#entries.set(id, entry);
    return entry;
  }

  /** @param {string} directory */
  #heading(directory) {
    const known = this.#headings.get(directory);
    if (known) return known;
    // Directories differ at their end, so the start is cut off when there is no room.
    const heading = element("li", "directory", element("h3", "", element("bdi", "", sanitize(directory))));
    this.#headings.set(directory, heading);
    return heading;
  }

  #filter() {
    const typed = this.#search.value.trim();
    let matches = 0;
    for (const source of this.#sources) {
      const isMatch = matchesSearch(source, typed);
      this.#entry(source.id).show(isMatch);
      if (isMatch) matches += 1;
    }
    for (const heading of this.#headings.values()) heading.hidden = !hasShownEntry(heading);
    this.#noMatch.hidden = matches > 0 || typed === "";
    setText(this.#noMatch, `No source matches \u201c${sanitize(typed)}\u201d.`);
  }

  /** @param {KeyboardEvent} event */
  #searchKey(event) {
    if (event.key === "Escape" && this.#search.value !== "") {
      // The first Escape clears the field, a second one may close the sheet.
      event.preventDefault();
      event.stopPropagation();
      this.#search.value = "";
      this.#filter();
    } else if (event.key === "Escape") {
      this.#search.blur();
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      const first = this.#shown()[0];
      if (event.key === "Enter" && first && this.#search.value.trim() !== "") this.#actions.only(first.id);
      else first?.focus();
    }
  }

  /** @param {KeyboardEvent} event */
  #listKey(event) {
    const entry = this.#entryAt(event.target);
    if (!entry || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && entry.isOnName(event.target)) {
      event.preventDefault();
      this.#actions.toggle(entry.id, !entry.isChecked);
      return;
    }
    const to = this.#step(entry, event.key);
    if (to === undefined) return;
    event.preventDefault();
    if (to === null) this.#search.focus();
    else to.focus();
  }

  /**
   * @param {SourceEntry} from
   * @param {string} key
   * @returns {SourceEntry | null | undefined} null for the search field above the first entry; undefined if the key
   *   is not handled
   */
  #step(from, key) {
    const shown = this.#shown();
    const index = shown.indexOf(from);
    switch (key) {
      case "ArrowDown":
        return shown[index + 1] ?? from;
      case "ArrowUp":
        return index > 0 ? shown[index - 1] : null;
      case "Home":
        return shown[0];
      case "End":
        return shown[shown.length - 1];
    }
  }

  #shown() {
    const byItem = new Map(Array.from(this.#entries.values(), (entry) => [/** @type {Element} */ (entry.item), entry]));
    return Array.from(this.#list.children).flatMap((item) => {
      const entry = byItem.get(item);
      return entry && !entry.item.hidden ? [entry] : [];
    });
  }

  /** @param {EventTarget | null} target */
  #entryAt(target) {
    const item = target instanceof Element ? target.closest("li.source") : null;
    for (const entry of this.#entries.values()) if (entry.item === item) return entry;
    return null;
  }

  /** @param {SourceEntry | null} entry */
  #makeCurrent(entry) {
    if (!entry || entry === this.#current) return;
    this.#current?.setReachable(false);
    this.#current = entry;
    entry.setReachable(true);
  }
}

/** @param {HTMLElement} heading */
function hasShownEntry(heading) {
  let next = heading.nextElementSibling;
  while (next instanceof HTMLElement && next.classList.contains("source")) {
    if (!next.hidden) return true;
    next = next.nextElementSibling;
  }
  return false;
}
