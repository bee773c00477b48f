/** Dialog for a line, a percentage, a relative number of lines, or a time. */

import { byId, setText } from "../lib/element.js";
import { group } from "../lib/numbers.js";
import { parseGoTo } from "../model/go-to.js";

/** @typedef {import("../model/go-to.js").Target} Target */

export class GoToDialog {
  #dialog = byId("go-to", HTMLDialogElement);
  #field = byId("go-to-field", HTMLInputElement);
  #error = byId("go-to-wrong", HTMLElement);
  #hint = byId("go-to-hint", HTMLElement);
  #go;
  #goToTime;

  /**
   * @param {(target: Target) => void} go
   * @param {(time: string) => Promise<string | null>} goToTime returns an error message
   */
  constructor(go, goToTime) {
    this.#go = go;
    this.#goToTime = goToTime;
    byId("go-to-form", HTMLFormElement).addEventListener("submit", (event) => void this.#submit(event));
    this.#field.addEventListener("input", () => this.#showError(""));
  }

  /** @param {number | null} total number of lines; null while unknown */
  open(total) {
    const lines = total === null ? "Line (1234)" : `Line from 1 to ${group(total)}`;
    const targets = `${lines}, percent (50%), relative (+100, -100), start or end.`;
    setText(this.#hint, `${targets} Or a time: 12:30, 2026-11-20 12:30, 15 min ago, yesterday 09:00.`);
    this.#showError("");
    this.#dialog.showModal();
    this.#field.select();
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    const typed = this.#field.value;
    const answer = parseGoTo(typed);
    if ("error" in answer) {
      const error = answer.isTime ? await this.#goToTime(typed) : answer.error;
      // The hint has the formats of times, so the server need not list them.
      if (error !== null) return this.#showError(error.startsWith("time: ") ? answer.error : error);
    }
    this.#dialog.close();
    if ("target" in answer) this.#go(answer.target);
  }

  /** @param {string} message */
  #showError(message) {
    setText(this.#error, message);
    if (message) this.#field.setAttribute("aria-invalid", "true");
    else this.#field.removeAttribute("aria-invalid");
  }
}
