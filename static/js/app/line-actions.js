/** The menu of a line, and the menu of a field value that was clicked. */

import { isFiltering, NO_FILTER } from "../model/filter.js";
import { ExplanationClient } from "../net/explanation-client.js";
import { fieldAt, lineOffset } from "../text/fields.js";
import { prettyJson } from "../text/json.js";
import { lineText } from "../text/spans.js";
import { errorText, quoted } from "../text/words.js";
import { ExplanationDialog } from "../ui/explanation-dialog.js";
import { LineMenu } from "../ui/line-menu.js";

/** @typedef {import("../model/rows.js").LineRow} LineRow */
/** @typedef {import("../ui/line-menu.js").Action} Action */
/** @typedef {{row: number, line: LineRow}} Current */
/**
 * @typedef {object} Parts
 * @property {string} base
 * @property {() => import("./pane.js").Pane} active
 * @property {import("../model/settings.js").Settings} settings
 * @property {import("../model/source-names.js").SourceNames} names
 * @property {import("../model/bookmarks.js").Bookmarks} bookmarks
 * @property {import("../model/highlights.js").Highlights} highlights
 * @property {(text: string) => void} copy
 * @property {(current: Current) => void} copyLink
 * @property {(list: "include" | "exclude", text: string) => void} add
 * @property {(list: "include" | "exclude", field: import("../text/fields.js").Field) => void} addField
 * @property {(range: {since: string, until: string}) => void} chooseTimeRange
 * @property {(filter: import("../model/filter.js").Filter, at: string | null) => void} refine
 * @property {(message: string) => void} notify
 */

const LONG_CHARACTERS = 4_000;
const DOUBLE_CLICK_MS = 250;

export class LineActions {
  #menu = new LineMenu();
  #explanation = new ExplanationDialog();
  #explanations;
  #parts;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #offerTimer;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    this.#explanations = new ExplanationClient(`${parts.base}api/explain`);
    // Any other action cancels a pending field menu.
    for (const name of ["keydown", "pointerdown", "wheel"]) {
      document.addEventListener(name, () => clearTimeout(this.#offerTimer), { passive: true });
    }
  }

  /**
   * @param {Current} current
   * @param {import("../ui/line-menu.js").Point} [point]
   */
  openMenu({ row, line }, point) {
    const { active, names } = this.#parts;
    const rect = active().elementOf(row)?.getBoundingClientRect();
    const actions = [
      ...this.#copyActions({ row, line }),
      ...this.#filterActions({ row, line }),
      ...this.#displayActions({ row, line }),
    ];
    this.#menu.open({ name: names.full(line.source), n: line.n, text: line.text }, actions, {
      x: point?.x ?? (rect?.left ?? 0) + 40,
      y: point?.y ?? rect?.bottom ?? 0,
    });
  }

  /** @param {MouseEvent} event */
  openMenuOf({ target, clientX, clientY }) {
    if (!(target instanceof Element) || !target.closest('[data-action="menu"]')) return;
    const current = this.#parts.active().lineOf(target);
    if (current) this.openMenu(current, { x: clientX, y: clientY });
  }

  /**
   * Open a menu for the clicked field value, unless the click becomes a double click.
   * @param {LineRow} line
   * @param {number} offset in the displayed text
   * @param {MouseEvent} event
   */
  offerFieldMenu(line, offset, event) {
    clearTimeout(this.#offerTimer);
    if (event.detail > 1 || event.shiftKey) return;
    const shown = event.target instanceof Element ? (event.target.closest(".text")?.textContent ?? "") : "";
    const text = lineText(line.text);
    const lineOffsetOfField = this.#parts.active().sourceOffset(line, offset);
    const field = fieldAt(text, lineOffsetOfField ?? (shown === text ? offset : lineOffset(shown, offset, text)));
    if (!field) return;
    const { key, value } = field;
    const { addField } = this.#parts;
    const actions = [
      { label: `Only lines with ${quoted(field.text)}`, act: () => addField("include", field) },
      { label: `Exclude lines with ${quoted(field.text)}`, act: () => addField("exclude", field) },
      { label: `Highlight ${quoted(value)}`, act: () => this.#parts.highlights.add(value) },
      { label: "Copy value", act: () => this.#parts.copy(value) },
    ];
    const at = { x: event.clientX, y: event.clientY + 8 };
    const open = () => this.#menu.open({ name: key, n: null, text: value }, actions, at);
    this.#offerTimer = setTimeout(open, DOUBLE_CLICK_MS);
  }

  /** @param {Current} current @returns {Action[]} */
  #copyActions({ row, line }) {
    const { active, bookmarks, copy, copyLink } = this.#parts;
    return [
      { label: "Copy line", key: "c", act: () => copy(lineText(line.text)) },
      { label: "Copy link to this line", key: "y", act: () => copyLink({ row, line }) },
      {
        label: bookmarks.has(line) ? "Remove bookmark" : "Add bookmark",
        key: "m",
        act: () => void active().toggleBookmark({ row, line }),
      },
    ];
  }

  /** Actions that filter by this line. @param {Current} current @returns {Action[]} */
  #filterActions({ row, line: { time } }) {
    const pane = this.#parts.active();
    const { since, until } = pane.filter;
    // Touch selections are the browser's.
    const selected = (pane.selectedText || String(getSelection() ?? "")).split("\n")[0];
    const actions = selected.trim() === "" ? [] : this.#textActions(selected);
    if (time !== null) {
      const choose = (/** @type {{since: string, until: string}} */ range) => () => this.#parts.chooseTimeRange(range);
      actions.push({ label: "Only lines from this time on", act: choose({ since: String(time), until }) });
      actions.push({ label: "Only lines up to this time", act: choose({ since, until: String(time + 1) }) });
    }
    if (isFiltering(pane.filter)) {
      actions.push({ label: "Show in unfiltered log", act: () => void this.#showUnfiltered(row) });
    }
    return actions;
  }

  /** @param {Current} current @returns {Action[]} */
  #displayActions({ row, line }) {
    const pane = this.#parts.active();
    const restUrl = line.cut === null ? null : pane.restUrl(line);
    /** @type {Action[]} */
    const actions = [
      {
        label: pane.hasAround(line) ? "Hide nearby lines" : "Show nearby lines",
        key: "a",
        act: () => void pane.toggleAround(row, line),
      },
    ];
    if (prettyJson(lineText(line.text))) {
      actions.push({ label: "Pretty-print JSON", key: "p", act: () => pane.togglePretty(line) });
    }
    if (line.text.length > LONG_CHARACTERS) {
      actions.push({ label: "Show whole line", key: "x", act: () => pane.toggleExpanded(line) });
    }
    if (restUrl) {
      actions.push({ label: "Open whole line in new tab", act: () => void open(restUrl, "_blank", "noopener") });
    }
    actions.push({ label: "How was this line read?", act: () => void this.#explain({ row, line }) });
    return actions;
  }

  /** @param {Current} current */
  async #explain({ row, line }) {
    const { active, names, notify, settings } = this.#parts;
    const at = line.at ?? (await active().cursorOf(row));
    const answer = at && (await this.#explanations.request(line.source, at));
    if (!answer) return notify("The server did not answer; try again");
    if ("error" in answer) return notify(errorText(answer.error));
    this.#explanation.open(answer, { name: names.full(line.source), n: line.n, zone: settings.zone.value });
  }

  /** @param {number} row */
  async #showUnfiltered(row) {
    const pane = this.#parts.active();
    const { search, regex, matchCase } = pane.filter;
    this.#parts.refine({ ...NO_FILTER, search, regex, matchCase }, await pane.cursorOf(row));
  }

  /** @param {string} text @returns {Action[]} */
  #textActions(text) {
    const { add, highlights } = this.#parts;
    return [
      { label: `Only lines with ${quoted(text)}`, act: () => add("include", text) },
      { label: `Exclude lines with ${quoted(text)}`, act: () => add("exclude", text) },
      { label: `Highlight ${quoted(text)}`, act: () => highlights.add(text) },
    ];
  }
}
