/** Settings of this browser, kept in its storage if it is available and never in the URL. */

import { Signal } from "../lib/signal.js";

/** @typedef {"auto" | "light" | "dark"} Theme */
/** @typedef {"off" | "absolute" | "relative"} Times content of the time column */
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

/** @returns {Store | null} null if the browser blocks storage */
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
   * @param {Store | null} store null if storage is blocked
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

  /** Whether single-key shortcuts are on. @returns {Readable<boolean>} */
  get keys() {
    return this.#keys.signal;
  }

  /** Whether line numbers are shown. @returns {Readable<boolean>} */
  get numbers() {
    return this.#numbers.signal;
  }

  /** @returns {Readable<Times>} */
  get times() {
    return this.#times.signal;
  }

  /** Time zone of absolute times. @returns {Readable<Zone>} */
  get zone() {
    return this.#zone.signal;
  }

  /** Whether the source list is shown beside the log on wide screens. @returns {Readable<boolean>} */
  get side() {
    return this.#side.signal;
  }

  /** Whether the histogram is shown. @returns {Readable<boolean>} */
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
 * A setting with a few values, stored as a word.
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
   * @param {readonly T[]} values in the order in which `next` cycles through them
   * @param {T} fallback
   */
  constructor(store, name, values, fallback) {
    this.#store = store;
    this.#name = PREFIX + name;
    this.#values = values;
    const stored = store?.getItem(this.#name) ?? null;
    this.signal = new Signal(values.find((value) => toWord(value) === stored) ?? fallback);
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
      // Storage is full or blocked: the setting lasts until the page is closed.
      if (!(error instanceof DOMException)) throw error;
    }
  }
}

/** @param {string | boolean} value */
function toWord(value) {
  return typeof value === "string" ? value : value ? "on" : "off";
}
