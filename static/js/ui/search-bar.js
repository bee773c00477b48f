/** The search bar: field, switches, number of hits, the error of an invalid pattern, and the hint for a misread one. */

import { byId, element, setText } from "../lib/element.js";
import { looksLikePattern } from "../model/filter.js";
import { sanitize } from "../text/sanitize.js";
import { errorText, searchText } from "../text/words.js";

/** @typedef {import("../model/filter.js").Filter} Filter */
/** @typedef {import("../net/search-client.js").SearchState} SearchState */
/** @typedef {Pick<Filter, "search" | "only" | "matchCase">} Typed */
/**
 * @typedef {object} Listener
 * @property {(typed: Typed) => void} typed called some time after the last key
 * @property {() => void} regex the regex button was pressed
 * @property {(back: boolean) => void} entered go to the next or previous hit
 * @property {() => void} closed
 */

const PAUSE_MS = 150;

export class SearchBar {
  #box = byId("find", HTMLElement);
  #field = byId("find-field", HTMLInputElement);
  #case = byId("find-case", HTMLButtonElement);
  #regex = byId("find-regex", HTMLButtonElement);
  #only = byId("find-only", HTMLButtonElement);
  #count = byId("find-count", HTMLElement);
  #error = byId("find-wrong", HTMLElement);
  #hint = byId("find-hint", HTMLElement);
  #hintText = byId("find-hint-text", HTMLElement);
  #rewrite = byId("find-rewrite", HTMLButtonElement);
  #recentList = byId("find-recent", HTMLDataListElement);
  #listener;
  #recent;
  #isOpen = false;
  #isNeeded = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {import("../model/filter.js").MatchCase} */
  #matchCase = "smart";

  /**
   * @param {import("../model/recent-searches.js").RecentSearches} recent
   * @param {Listener} listener
   */
  constructor(recent, listener) {
    this.#listener = listener;
    this.#recent = recent;
    this.#field.addEventListener("input", () => this.#typedSoon());
    this.#field.addEventListener("change", () => recent.add(this.#field.value));
    this.#field.addEventListener("keydown", (event) => this.#key(event));
    this.#only.addEventListener("click", () => {
      press(this.#only, !isPressed(this.#only));
      this.#typed();
    });
    this.#case.addEventListener("click", () => {
      this.#matchCase = this.#matchCase === "sensitive" ? "smart" : "sensitive";
      press(this.#case, this.#matchCase === "sensitive");
      this.#typed();
    });
    this.#regex.addEventListener("click", () => listener.regex());
    this.#rewrite.addEventListener("click", () => {
      if (!isPressed(this.#regex)) return listener.regex();
      this.#field.value = this.#rewrite.value;
      this.#field.focus();
      this.#typed();
    });
  }

  get isOpen() {
    return this.#isOpen;
  }

  open() {
    this.#isOpen = true;
    this.#arrange();
    this.#recentList.replaceChildren(...this.#recent.all.map((text) => makeOption(text)));
    this.#field.focus();
    this.#field.select();
  }

  /** Hide the bar, unless filters are active. */
  close() {
    this.#isOpen = false;
    this.#arrange();
  }

  /**
   * Show the filter of the active pane.
   * @param {Filter} filter
   * @param {boolean} isNeeded whether the bar must stay visible
   */
  show(filter, isNeeded) {
    // Keep text that is being typed.
    if (this.#timer === undefined && this.#field.value !== filter.search) this.#field.value = filter.search;
    if (filter.search !== "") press(this.#only, filter.only);
    press(this.#regex, filter.regex);
    press(this.#case, filter.matchCase === "sensitive");
    this.#matchCase = filter.matchCase;
    this.#isNeeded = isNeeded;
    this.#arrange();
  }

  /** @param {SearchState} state */
  showState(state) {
    setText(this.#count, searchText(state));
    const error = state.name === "invalid" ? errorText(state.detail) : "";
    setText(this.#error, error);
    if (error) this.#field.setAttribute("aria-invalid", "true");
    else this.#field.removeAttribute("aria-invalid");
    const hints = ("progress" in state && state.progress?.hints) || [];
    const hasNone = state.name === "done" && state.progress.matches === 0;
    this.#showHint(hints, hasNone && !isPressed(this.#regex) && looksLikePattern(this.#field.value));
  }

  /**
   * Show the first hint for the text of the field, or that it is a pattern without being searched for as one.
   * @param {readonly import("../net/search-client.js").PatternHint[]} hints
   * @param {boolean} isPlainPattern
   */
  #showHint(hints, isPlainPattern) {
    const hint = hints.find(({ text }) => text === this.#field.value);
    this.#hint.hidden = !hint && !isPlainPattern;
    if (isPlainPattern) {
      setText(this.#hintText, "Regex is off: this text is searched for as it stands.");
      setText(this.#rewrite, "Search as a regular expression");
    }
    if (!hint) return;
    setText(this.#hintText, `${sanitize(hint.hint)}.`);
    setText(this.#rewrite, `Search for \u201c${sanitize(hint.rewrite)}\u201d`);
    this.#rewrite.value = hint.rewrite;
  }

  #arrange() {
    this.#box.hidden = !this.#isOpen && !this.#isNeeded;
    document.body.classList.toggle("is-finding", !this.#box.hidden);
  }

  #typedSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#typed(), PAUSE_MS);
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#listener.typed({ search: this.#field.value, only: isPressed(this.#only), matchCase: this.#matchCase });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.#listener.closed();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (this.#timer !== undefined) this.#typed();
      this.#recent.add(this.#field.value);
      this.#listener.entered(event.shiftKey);
    }
  }
}

/** @param {string} text */
function makeOption(text) {
  const option = element("option", "");
  option.value = text;
  return option;
}

/** @param {HTMLElement} button */
function isPressed(button) {
  return button.ariaPressed === "true";
}

/**
 * @param {HTMLElement} button
 * @param {boolean} on
 */
function press(button, on) {
  const pressed = String(on);
  if (button.ariaPressed !== pressed) button.ariaPressed = pressed;
}
