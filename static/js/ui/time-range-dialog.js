/** Dialog for a time range filter. */

import { byId, setText } from "../lib/element.js";
import { errorText } from "../text/words.js";

/** @typedef {{since: string, until: string}} TypedRange */

export class TimeRangeDialog {
  #dialog = byId("time-range", HTMLDialogElement);
  #since = byId("time-range-since", HTMLInputElement);
  #until = byId("time-range-until", HTMLInputElement);
  #error = byId("time-range-wrong", HTMLElement);

  /** @param {(typed: TypedRange) => Promise<string | null>} choose returns an error message */
  constructor(choose) {
    byId("time-range-form", HTMLFormElement).addEventListener("submit", async (event) => {
      event.preventDefault();
      const error = await choose({ since: this.#since.value.trim(), until: this.#until.value.trim() });
      setText(this.#error, errorText(error ?? ""));
      if (error === null) this.#dialog.close();
    });
    for (const button of this.#dialog.querySelectorAll("button[data-since]")) {
      button.addEventListener("click", () => {
        this.#since.value = button.getAttribute("data-since") ?? "";
        this.#until.value = "";
      });
    }
  }

  /** @param {TypedRange} present */
  open({ since, until }) {
    this.#since.value = since;
    this.#until.value = until;
    setText(this.#error, "");
    this.#dialog.showModal();
    this.#since.select();
  }
}
