/** Asks where to go: a line, a percent, some lines on or back. */

import { byId, setText } from "../lib/element.js";
import { group } from "../lib/numbers.js";
import { parseGoTo } from "../model/goto.js";

/** @typedef {import("../model/goto.js").Target} Target */

export class GoToDialog {
  #dialog = byId("go-to", HTMLDialogElement);
  #field = byId("go-to-field", HTMLInputElement);
  #wrong = byId("go-to-wrong", HTMLElement);
  #hint = byId("go-to-hint", HTMLElement);
  #go;

  /** @param {(target: Target) => void} go */
  constructor(go) {
    this.#go = go;
    byId("go-to-form", HTMLFormElement).addEventListener("submit", (event) => this.#submit(event));
    this.#field.addEventListener("input", () => this.#showWrong(""));
  }

  /** @param {number | null} total lines that there are; null while unknown */
  open(total) {
    const lines = total === null ? "A line (1234)" : `A line from 1 to ${group(total)}`;
    setText(this.#hint, `${lines}, a percent (50%), some lines on or back (+100, -100), start or end.`);
    this.#showWrong("");
    this.#dialog.showModal();
    this.#field.select();
  }

  /** @param {SubmitEvent} event */
  #submit(event) {
    event.preventDefault();
    const answer = parseGoTo(this.#field.value);
    if ("wrong" in answer) return this.#showWrong(answer.wrong);
    this.#dialog.close();
    this.#go(answer.target);
  }

  /** @param {string} words */
  #showWrong(words) {
    setText(this.#wrong, words);
    if (words) this.#field.setAttribute("aria-invalid", "true");
    else this.#field.removeAttribute("aria-invalid");
  }
}
