/** What a reader chose for this browser: kept in storage where there is one, never in the URL. */

import { Signal } from "../lib/signal.js";

/** @typedef {"auto" | "light" | "dark"} Theme */
/** @typedef {Pick<Storage, "getItem" | "setItem">} Store */

const PREFIX = "logviewer.";
/** @type {readonly Theme[]} */
const THEMES = ["auto", "light", "dark"];

/** @returns {Store | null} null where the browser forbids it */
export function openStore() {
  try {
    return localStorage;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

export class Settings {
  #store;
  #theme;
  #wrap;
  #keys;

  /**
   * @param {Store | null} store null where the browser gives none
   * @param {{wrap: boolean}} defaults
   */
  constructor(store, defaults) {
    this.#store = store;
    const theme = THEMES.find((known) => known === this.#read("theme"));
    this.#theme = new Signal(theme ?? THEMES[0]);
    this.#wrap = new Signal(this.#flag("wrap", defaults.wrap));
    this.#keys = new Signal(this.#flag("keys", true));
  }

  /** @returns {import("../lib/signal.js").Readable<Theme>} */
  get theme() {
    return this.#theme;
  }

  /** Whether long lines wrap. @returns {import("../lib/signal.js").Readable<boolean>} */
  get wrap() {
    return this.#wrap;
  }

  /** Whether single keys are commands. @returns {import("../lib/signal.js").Readable<boolean>} */
  get keys() {
    return this.#keys;
  }

  nextTheme() {
    const next = THEMES[(THEMES.indexOf(this.#theme.value) + 1) % THEMES.length];
    this.#theme.set(next);
    this.#write("theme", next);
  }

  toggleWrap() {
    this.#wrap.set(!this.#wrap.value);
    this.#write("wrap", this.#wrap.value ? "on" : "off");
  }

  /** @param {boolean} on */
  setKeys(on) {
    this.#keys.set(on);
    this.#write("keys", on ? "on" : "off");
  }

  /**
   * @param {string} name
   * @param {boolean} fallback
   */
  #flag(name, fallback) {
    const kept = this.#read(name);
    return kept === null ? fallback : kept === "on";
  }

  /** @param {string} name */
  #read(name) {
    return this.#store?.getItem(PREFIX + name) ?? null;
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  #write(name, value) {
    try {
      this.#store?.setItem(PREFIX + name, value);
    } catch (error) {
      // Full or forbidden storage: the choice then holds for this page only.
      if (!(error instanceof DOMException)) throw error;
    }
  }
}
