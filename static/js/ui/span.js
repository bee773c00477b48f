/** Asks for a span of time: only its lines are shown. */

import { byId, setText } from "../lib/element.js";

/** @typedef {{since: string, until: string}} Typed */

export class SpanDialog {
  #dialog = byId("span", HTMLDialogElement);
  #since = byId("span-since", HTMLInputElement);
  #until = byId("span-until", HTMLInputElement);
  #wrong = byId("span-wrong", HTMLElement);

  /** @param {(typed: Typed) => Promise<string | null>} choose what is wrong with it, in words */
  constructor(choose) {
    byId("span-form", HTMLFormElement).addEventListener("submit", async (event) => {
      event.preventDefault();
      const wrong = await choose({ since: this.#since.value.trim(), until: this.#until.value.trim() });
      setText(this.#wrong, wrong ?? "");
      if (wrong === null) this.#dialog.close();
    });
    for (const button of this.#dialog.querySelectorAll("button[data-since]")) {
      button.addEventListener("click", () => {
        this.#since.value = button.getAttribute("data-since") ?? "";
        this.#until.value = "";
      });
    }
  }

  /** @param {Typed} present */
  open({ since, until }) {
    this.#since.value = since;
    this.#until.value = until;
    setText(this.#wrong, "");
    this.#dialog.showModal();
    this.#since.select();
  }
}
