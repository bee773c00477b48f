/** The main menu: commands that are useful without a keyboard, with the current settings. */

import { element } from "../lib/element.js";
import { COMMAND_GROUPS } from "./commands.js";
import { hintButton, keyName } from "./keys.js";

/** @typedef {(typeof import("./commands.js").COMMANDS)[number]} CommandEntry */

export class Menu {
  #dialog;

  /**
   * Create all buttons at once, so that `showPressed` and `showValue` find them.
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
    // Close before the command runs, because it may open another dialog. Settings keep the menu open.
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
