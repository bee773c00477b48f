/** The menu: every command that makes sense without a keyboard, with what is on and what is chosen. */

import { element } from "../lib/element.js";
import { COMMAND_GROUPS } from "./commands.js";
import { hintButton, keyName } from "./keys.js";

/** @typedef {(typeof import("./commands.js").COMMANDS)[number]} CommandEntry */

export class Menu {
  #dialog;

  /**
   * Its buttons are there from the start, so what shows a choice on buttons shows it here too.
   * @param {HTMLDialogElement} dialog
   */
  constructor(dialog) {
    this.#dialog = dialog;
    const foot = dialog.firstElementChild;
    for (const { title, entries } of COMMAND_GROUPS) {
      const items = /** @type {readonly CommandEntry[]} */ (entries).flatMap((entry) => menuItem(entry) ?? []);
      const list = element("ul", "", ...items);
      if (items.length > 0) dialog.insertBefore(element("section", "", element("h2", "", title), list), foot);
    }
    // Before the command itself, which may open another dialog. A choice stays in sight while it is made.
    dialog.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button[data-command]") : null;
      if (button && !button.matches(".stays")) this.#dialog.close();
    });
  }

  toggle() {
    if (this.#dialog.open) this.#dialog.close();
    else this.#dialog.showModal();
  }
}

/** @param {CommandEntry} entry */
function menuItem({ command, keys, menuLabel, state }) {
  if (!menuLabel) return null;
  const button = element("button", "item", element("span", "words", menuLabel));
  button.type = "button";
  button.dataset.command = command;
  if (state) button.classList.add("stays", state);
  if (state === "switch") button.setAttribute("aria-pressed", "false");
  if (state === "value") button.append(element("span", "value"));
  if (keys.length > 0) {
    const hint = element("kbd", "", keyName(keys[0]));
    hint.ariaHidden = "true";
    button.append(hint);
    hintButton(button, keys[0]);
  }
  return element("li", "", button);
}
