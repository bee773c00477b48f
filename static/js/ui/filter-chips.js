/** The active filters as removable chips, and the buttons for levels, context and records. */

import { byId, element, setText } from "../lib/element.js";
import { CONTEXT_CHOICES, isFiltering, NO_FILTER, termText } from "../model/filter.js";
import { LEVEL_KEYS } from "../model/histogram.js";
import { sanitize } from "../text/sanitize.js";
import { shortCount } from "../text/words.js";
import { LEVELS_BELOW_BAR } from "./breakpoints.js";

/** @typedef {import("../model/filter.js").Filter} Filter */
/** @typedef {import("../model/histogram.js").LevelKey} LevelKey */
/** @typedef {{sign: string, text: string, without: Filter}} Chip `without` is the filter after the chip is removed */
/**
 * @typedef {object} Actions
 * @property {(filter: Filter) => void} refine
 * @property {(level: LevelKey) => void} toggleLevel
 */

/** @type {Record<LevelKey, string>} */
const NAMES = {
  fatal: "fatal",
  error: "error",
  warning: "warning",
  notice: "notice",
  info: "info",
  debug: "debug",
  trace: "trace",
  none: "no level",
};

export class FilterChips {
  #list = byId("chips", HTMLElement);
  #levels = byId("levels", HTMLElement);
  #context = byId("find-context", HTMLButtonElement);
  #contextLines = byId("find-context-lines", HTMLElement);
  #records = byId("find-records", HTMLButtonElement);
  #filter = NO_FILTER;
  /** @type {Map<LevelKey, {button: HTMLButtonElement, count: HTMLElement}>} */
  #buttons = new Map();
  #actions;
  #shown = "";

  /** @param {Actions} actions */
  constructor(actions) {
    this.#actions = actions;
    this.#context.addEventListener("click", () => {
      const context = CONTEXT_CHOICES.find((lines) => lines > this.#filter.context) ?? 0;
      actions.refine({ ...this.#filter, context });
    });
    this.#records.addEventListener("click", () => actions.refine({ ...this.#filter, records: !this.#filter.records }));
    const narrow = matchMedia(LEVELS_BELOW_BAR);
    narrow.addEventListener("change", () => this.#moveLevels(narrow.matches));
    this.#moveLevels(narrow.matches);
    for (const level of LEVEL_KEYS) {
      const count = element("span", "count");
      const letter = element("span", "letter", level === "none" ? "\u2013" : level[0].toUpperCase());
      letter.ariaHidden = "true";
      const button = element("button", `level ink-${level}`, letter, element("span", "word", NAMES[level]), count);
      button.type = "button";
      button.title = level === "none" ? "Only lines without a level" : `Only ${level} lines`;
      button.hidden = true;
      button.ariaPressed = "false";
      button.addEventListener("click", () => actions.toggleLevel(level));
      this.#buttons.set(level, { button, count });
      this.#levels.append(button);
    }
  }

  /**
   * @param {Filter} filter
   * @param {(time: string) => string} timeText
   */
  show(filter, timeText) {
    this.#filter = filter;
    this.#showContext(filter);
    const chips = chipsOf(filter, timeText);
    const shown = JSON.stringify(chips);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#list.replaceChildren(...chips.map((chip) => this.#chip(chip)));
    this.#list.hidden = chips.length === 0;
  }

  /**
   * @param {Record<LevelKey, number>} levelTotals
   * @param {readonly string[]} chosen
   */
  showLevels(levelTotals, chosen) {
    for (const [level, { button, count }] of this.#buttons) {
      const isChosen = chosen.includes(level);
      // A visible level stays, so that nothing moves under the pointer.
      button.hidden &&= levelTotals[level] === 0 && !isChosen;
      button.classList.toggle("zero", levelTotals[level] === 0);
      if (button.ariaPressed !== String(isChosen)) button.ariaPressed = String(isChosen);
      setText(count, shortCount(levelTotals[level]));
    }
  }

  /** @param {Filter} filter */
  #showContext(filter) {
    this.#context.hidden = this.#records.hidden = !isFiltering(filter);
    setText(this.#contextLines, filter.context === 0 ? "off" : `\u00b1${filter.context}`);
    this.#context.classList.toggle("on", filter.context > 0);
    this.#records.ariaPressed = String(filter.records);
  }

  /** On wide screens levels are in the top bar, because they also summarize the log. @param {boolean} isNarrow */
  #moveLevels(isNarrow) {
    if (isNarrow) this.#list.after(this.#levels);
    else byId("title", HTMLElement).after(this.#levels);
  }

  /** @param {Chip} chip */
  #chip({ sign, text, without }) {
    const remove = element("button", "", "\u2715");
    remove.type = "button";
    remove.ariaLabel = `Remove filter: ${text}`;
    remove.addEventListener("click", () => this.#actions.refine(without));
    const label = element("span", "words", text);
    label.title = text;
    return element("li", `chip ${sign === "\u2212" ? "without" : ""}`, element("span", "sign", sign), label, remove);
  }
}

/**
 * @param {Filter} filter
 * @param {(time: string) => string} timeText
 * @returns {Chip[]}
 */
function chipsOf(filter, timeText) {
  const { include, exclude, since, until, regex } = filter;
  const unknown = filter.levels.filter((level) => !(/** @type {readonly string[]} */ (LEVEL_KEYS).includes(level)));
  const levels = unknown.map((level) => ({
    sign: "",
    text: `level ${sanitize(level)}`,
    without: { ...filter, levels: filter.levels.filter((other) => other !== level) },
  }));
  const texts = /** @type {const} */ (["include", "exclude"]).flatMap((list) =>
    (list === "include" ? include : exclude).map((term) => ({
      sign: list === "include" ? "+" : "\u2212",
      text: sanitize(termText(term, regex)),
      without: { ...filter, [list]: filter[list].filter((other) => other !== term) },
    })),
  );
  if (!since && !until) return [...levels, ...texts];
  const [from, to] = [since, until].map((time) => time && timeText(time));
  const day = /^\d{4}-\d{2}-\d{2} /.exec(from)?.[0] ?? " ";
  const end = to.startsWith(day) ? to.slice(day.length) : to;
  const text = !from ? `until ${to}` : !to ? `from ${from}` : `${from} \u2013 ${end}`;
  return [...levels, ...texts, { sign: "", text, without: { ...filter, since: "", until: "" } }];
}
