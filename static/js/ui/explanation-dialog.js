/** Dialog with the time, level, record and fields of a line, and the rules that found them. */

import { byId, element, setText } from "../lib/element.js";
import { group } from "../lib/numbers.js";
import { explanationRows } from "../text/explanation.js";
import { sanitize } from "../text/sanitize.js";

/** @typedef {import("../text/explanation.js").Explanation} Explanation */
/** @typedef {import("../text/explanation.js").ExplanationRow} ExplanationRow */

const EXCERPT_CHARACTERS = 500;

export class ExplanationDialog {
  #dialog = byId("explanation", HTMLDialogElement);
  #excerpt = byId("explanation-text", HTMLElement);
  #rows = byId("explanation-rows", HTMLElement);
  #place = byId("explanation-place", HTMLElement);

  /**
   * @param {Explanation} explanation
   * @param {object} line
   * @param {string} line.name name of the source
   * @param {number | null} line.n
   * @param {import("../text/time.js").Zone} line.zone zone of times
   */
  open(explanation, { name, n, zone }) {
    setText(this.#excerpt, sanitize(explanation.text.slice(0, EXCERPT_CHARACTERS)) || "(empty line)");
    this.#rows.replaceChildren(...explanationRows(explanation, { n, zone }).flatMap(nodesOf));
    setText(this.#place, n === null ? sanitize(name) : `${sanitize(name)} \u00b7 line ${group(n)}`);
    this.#dialog.showModal();
  }
}

/** @param {ExplanationRow} row */
function nodesOf({ term, value, rule, level }) {
  const shown = element("span", level === null ? "value" : `value level-${level}`, value);
  return [element("dt", "", term), element("dd", "", shown, ...(rule ? [element("span", "rule", rule)] : []))];
}
