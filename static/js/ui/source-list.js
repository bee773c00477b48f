/** The list of sources and hosts. Entries are updated in place, which keeps the focus and avoids jumps. */

import { element, setText } from "../lib/element.js";
import { group } from "../lib/numbers.js";
import { GrowthRates } from "../model/growth-rates.js";
import { listRows } from "../model/source-groups.js";
import { sanitize } from "../text/sanitize.js";
import { HostEntry } from "./host-entry.js";
import { SourceEntry } from "./source-entry.js";

/** @typedef {import("./source-entry.js").Source} Source */
/** @typedef {import("../text/host-words.js").Host} Host */
/** @typedef {import("../model/source-groups.js").ListRow<Source, Host>} Row */
/** @typedef {SourceEntry | HostEntry} Entry */
/**
 * @typedef {object} HostActions
 * @property {(name: string, on: boolean) => unknown} toggleHost show all sources of a host together with others
 * @property {(wanted: {hosts: string[], words: string}) => void} want list the sources of these hosts, and the results of
 *   a search
 */
/** @typedef {import("./source-entry.js").SourceActions & HostActions} ListActions */
/**
 * @typedef {object} ListState
 * @property {import("../model/source-colors.js").SourceColors} sourceColors colors of the sources shown in any pane
 * @property {readonly string[]} chosen ids selected in the active pane
 * @property {readonly Host[]} hosts
 * @property {string} version that of the hub
 * @property {number} notShown number of sources that the search found beyond those in the list
 */

const WORDS_MS = 200;
// So few hosts are opened at the start.
const FEW_HOSTS = 5;

export class SourceList {
  #list;
  #search;
  #note;
  #actions;
  #growthRates = new GrowthRates();
  /** @type {readonly Source[]} */
  #sources = [];
  /** @type {ListState | null} */
  #state = null;
  /** @type {readonly Row[]} */
  #rows = [];
  /** Names of hosts; null before the first are opened. @type {Set<string> | null} */
  #opened = null;
  /** @type {Map<string, Entry>} */
  #entries = new Map();
  /** @type {Map<string, HTMLElement>} */
  #headings = new Map();
  /** @type {Entry | null} the only entry in the Tab order */
  #current = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {object} parts
   * @param {HTMLElement} parts.list
   * @param {HTMLInputElement} parts.search
   * @param {HTMLElement} parts.note shown when no source matches the search, or more than the list has
   * @param {ListActions} actions
   */
  constructor({ list, search, note }, actions) {
    this.#list = list;
    this.#search = search;
    this.#note = note;
    this.#actions = actions;
    search.addEventListener("input", () => this.#typed());
    search.addEventListener("keydown", (event) => this.#searchKey(event));
    list.addEventListener("keydown", (event) => this.#listKey(event));
    list.addEventListener("focusin", ({ target }) => this.#makeCurrent(this.#entryAt(target)));
  }

  /**
   * @param {readonly Source[]} sources
   * @param {ListState} state
   */
  show(sources, state) {
    if (sources !== this.#sources) this.#growthRates.sample(sources, performance.now());
    const isSame = sources === this.#sources;
    this.#sources = sources;
    this.#state = state;
    if (!this.#opened) this.#openFirst(state);
    if (!isSame) this.#arrange();
    this.#refresh();
  }

  /** Open all hosts if they are few, otherwise those of the first view. @param {ListState} state */
  #openFirst({ hosts, chosen }) {
    const all = hosts.length <= FEW_HOSTS ? hosts.map(({ name }) => name) : [];
    const shown = this.#sources.flatMap(({ id, host }) => (host && chosen.includes(id) ? [host] : []));
    if (all.length + shown.length === 0) return;
    this.#opened = new Set([...all, ...shown]);
    this.#want();
  }

  /** @param {string} host */
  #toggleOpen(host) {
    this.#opened ??= new Set();
    if (!this.#opened.delete(host)) this.#opened.add(host);
    this.#arrange();
    this.#refresh();
    this.#want();
  }

  #want() {
    this.#actions.want({ hosts: [...(this.#opened ?? [])].sort(), words: this.#words });
  }

  get #words() {
    return this.#search.value.trim();
  }

  #refresh() {
    const { sourceColors, chosen, version } = this.#state ?? {};
    const now = Date.now();
    const chosenIds = new Set(chosen);
    /** @type {Map<string, number>} */
    const chosenOf = new Map();
    for (const { id, host } of this.#sources) {
      if (host && chosenIds.has(id)) chosenOf.set(host, (chosenOf.get(host) ?? 0) + 1);
    }
    for (const row of this.#rows) {
      const entry = this.#entries.get(keyOf(row));
      if (row.kind === "source" && entry instanceof SourceEntry) {
        const { id } = row.source;
        const state = { now, rate: this.#growthRates.rate(id), color: sourceColors?.of(id) ?? null };
        entry.refresh(row.source, { ...state, chosen: chosenIds.has(id) });
      } else if (row.kind === "host" && entry instanceof HostEntry) {
        const { host, isOpen } = row;
        entry.refresh(host, { now, isOpen, chosen: chosenOf.get(host.name) ?? 0, version: version ?? "" });
      }
    }
  }

  /** Put entries and headings in order; an element that is in place is not touched. */
  #arrange() {
    const words = this.#words;
    this.#rows = listRows(this.#sources, this.#state?.hosts ?? [], this.#opened ?? new Set(), words);
    const wanted = this.#rows.map((row) => (row.kind === "directory" ? this.#heading(row) : this.#entry(row).item));
    this.#forget(new Set(wanted));
    let next = this.#list.firstElementChild;
    for (const item of wanted) {
      if (item === next) next = item.nextElementSibling;
      else this.#list.insertBefore(item, next);
    }
    this.#showNote(words);
    if (!this.#current?.item.isConnected) this.#makeCurrent(this.#shown()[0] ?? null);
  }

  /** @param {string} words */
  #showNote(words) {
    const notShown = this.#state?.notShown ?? 0;
    this.#note.hidden = words === "" || (this.#rows.length > 0 && notShown === 0);
    const more = `${group(notShown)} more match; type more of the name.`;
    setText(this.#note, this.#rows.length > 0 ? more : `No source matches \u201c${sanitize(words)}\u201d.`);
  }

  /** @param {ReadonlySet<HTMLElement>} wanted */
  #forget(wanted) {
    for (const [key, { item }] of this.#entries) {
      if (wanted.has(item)) continue;
      item.remove();
      this.#entries.delete(key);
    }
    for (const [key, heading] of this.#headings) {
      if (wanted.has(heading)) continue;
      heading.remove();
      this.#headings.delete(key);
    }
  }

  /** @param {Exclude<Row, {kind: "directory"}>} row */
  #entry(row) {
    const key = keyOf(row);
    const known = this.#entries.get(key);
    if (known) return known;
    const { toggleHost } = this.#actions;
    const entry =
      row.kind === "source"
        ? new SourceEntry(row.source.id, this.#actions)
        : new HostEntry(row.host.name, { toggleHost, open: (name) => this.#toggleOpen(name) });
    this.#entries.set(key, entry);
    return entry;
  }

  /** @param {Extract<Row, {kind: "directory"}>} row */
  #heading(row) {
    const key = keyOf(row);
    const known = this.#headings.get(key);
    if (known) return known;
    // Directories differ at their end, so the start is cut off when there is no room.
    const heading = element("li", "directory", element("h3", "", element("bdi", "", sanitize(row.directory))));
    this.#headings.set(key, heading);
    return heading;
  }

  #typed() {
    this.#arrange();
    this.#refresh();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#want(), WORDS_MS);
  }

  /** @param {KeyboardEvent} event */
  #searchKey(event) {
    if (event.key === "Escape" && this.#search.value !== "") {
      // The first Escape clears the field, a second one may close the sheet.
      event.preventDefault();
      event.stopPropagation();
      this.#search.value = "";
      this.#typed();
    } else if (event.key === "Escape") {
      this.#search.blur();
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      const [first] = this.#shown();
      const firstSource = this.#shown().find((entry) => entry instanceof SourceEntry);
      if (event.key === "Enter" && firstSource && this.#words !== "") this.#actions.only(firstSource.id);
      else first?.focus();
    }
  }

  /** @param {KeyboardEvent} event */
  #listKey(event) {
    const entry = this.#entryAt(event.target);
    if (!entry || event.ctrlKey || event.metaKey || event.altKey) return;
    if (entry instanceof HostEntry && event.key === (entry.isOpen ? "ArrowLeft" : "ArrowRight")) {
      event.preventDefault();
      this.#toggleOpen(entry.id);
      return;
    }
    if (event.key === " " && entry instanceof SourceEntry && entry.isOnName(event.target)) {
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
   * @param {Entry} from
   * @param {string} key
   * @returns {Entry | null | undefined} null for the search field above the first entry; undefined if the key
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

  /** The entries in order. */
  #shown() {
    return this.#rows.flatMap((row) => this.#entries.get(keyOf(row)) ?? []);
  }

  /** @param {EventTarget | null} target */
  #entryAt(target) {
    const item = target instanceof Element ? target.closest("li.source, li.host") : null;
    for (const entry of this.#entries.values()) if (entry.item === item) return entry;
    return null;
  }

  /** @param {Entry | null} entry */
  #makeCurrent(entry) {
    if (!entry || entry === this.#current) return;
    this.#current?.setReachable(false);
    this.#current = entry;
    entry.setReachable(true);
  }
}

/** @param {Row} row */
function keyOf(row) {
  if (row.kind === "source") return row.source.id;
  return row.kind === "host" ? `host ${row.host.name}` : `${row.host} ${row.directory}`;
}
