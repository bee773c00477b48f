/** What a reader chose for this browser: kept in storage where there is one, never in the URL. */

import { Signal } from "../lib/signal.js";

/** @typedef {"auto" | "light" | "dark"} Theme */
/** @typedef {"off" | "absolute" | "relative"} Times what the time column shows */
/** @typedef {"local" | "utc"} Zone */
/** @typedef {Pick<Storage, "getItem" | "setItem">} Store */
/**
 * @template T
 * @typedef {import("../lib/signal.js").Readable<T>} Readable
 */

const PREFIX = "logviewer.";
/** @type {readonly Theme[]} */
const THEMES = ["auto", "light", "dark"];
/** @type {readonly Times[]} */
const TIMES = ["off", "absolute", "relative"];
/** @type {readonly Zone[]} */
const ZONES = ["local", "utc"];
/** @type {readonly boolean[]} */
const OFF_ON = [false, true];

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
  #theme;
  #wrap;
  #keys;
  #numbers;
  #times;
  #zone;
  #side;
  #histogram;
  #fields;

  /**
   * @param {Store | null} store null where the browser gives none
   * @param {{wrap: boolean, numbers?: boolean}} defaults
   */
  constructor(store, { wrap, numbers = true }) {
    this.#theme = new Choice(store, "theme", THEMES, "auto");
    this.#wrap = new Choice(store, "wrap", OFF_ON, wrap);
    this.#keys = new Choice(store, "keys", OFF_ON, true);
    this.#numbers = new Choice(store, "numbers", OFF_ON, numbers);
    this.#times = new Choice(store, "times", TIMES, "off");
    this.#zone = new Choice(store, "zone", ZONES, "local");
    this.#side = new Choice(store, "side", OFF_ON, true);
    this.#histogram = new Choice(store, "histogram", OFF_ON, true);
    this.#fields = new Choice(store, "fields", OFF_ON, false);
  }

  /** @returns {Readable<Theme>} */
  get theme() {
    return this.#theme.signal;
  }

  /** Whether long lines wrap. @returns {Readable<boolean>} */
  get wrap() {
    return this.#wrap.signal;
  }

  /** Whether single keys are commands. @returns {Readable<boolean>} */
  get keys() {
    return this.#keys.signal;
  }

  /** Whether lines have their numbers in front. @returns {Readable<boolean>} */
  get numbers() {
    return this.#numbers.signal;
  }

  /** @returns {Readable<Times>} */
  get times() {
    return this.#times.signal;
  }

  /** In which zone absolute times are shown. @returns {Readable<Zone>} */
  get zone() {
    return this.#zone.signal;
  }

  /** Whether the list of sources stands beside the log, where there is room. @returns {Readable<boolean>} */
  get side() {
    return this.#side.signal;
  }

  /** Whether lines over time are shown above the lines. @returns {Readable<boolean>} */
  get histogram() {
    return this.#histogram.signal;
  }

  /** Whether JSON lines are shown as key=value. @returns {Readable<boolean>} */
  get fields() {
    return this.#fields.signal;
  }

  nextTheme() {
    this.#theme.next();
  }

  toggleWrap() {
    this.#wrap.next();
  }

  toggleNumbers() {
    this.#numbers.next();
  }

  toggleHistogram() {
    this.#histogram.next();
  }

  toggleFields() {
    this.#fields.next();
  }

  toggleSide() {
    this.#side.next();
  }

  nextTimes() {
    this.#times.next();
  }

  nextZone() {
    this.#zone.next();
  }

  /** @param {boolean} on */
  setKeys(on) {
    this.#keys.set(on);
  }
}

/**
 * One value out of a few, in storage as a word.
 * @template {string | boolean} T
 */
class Choice {
  signal;
  #store;
  #name;
  #values;

  /**
   * @param {Store | null} store
   * @param {string} name
   * @param {readonly T[]} values in the order in which they follow one another
   * @param {T} fallback
   */
  constructor(store, name, values, fallback) {
    this.#store = store;
    this.#name = PREFIX + name;
    this.#values = values;
    const kept = store?.getItem(this.#name) ?? null;
    this.signal = new Signal(values.find((value) => toWord(value) === kept) ?? fallback);
  }

  next() {
    this.set(this.#values[(this.#values.indexOf(this.signal.value) + 1) % this.#values.length]);
  }

  /** @param {T} value */
  set(value) {
    this.signal.set(value);
    try {
      this.#store?.setItem(this.#name, toWord(value));
    } catch (error) {
      // Full or forbidden storage: the choice then holds for this page only.
      if (!(error instanceof DOMException)) throw error;
    }
  }
}

/** @param {string | boolean} value */
function toWord(value) {
  return typeof value === "string" ? value : value ? "on" : "off";
}
