/** Dialog with the keyboard shortcuts, and the switch that turns them off. */

import { byId } from "../lib/element.js";
import { fillHelp } from "./keys.js";

export class HelpDialog {
  #dialog = byId("help", HTMLDialogElement);

  /** @param {import("../model/settings.js").Settings} settings */
  constructor(settings) {
    const keysOn = byId("keys-on", HTMLInputElement);
    fillHelp(byId("help-keys", HTMLElement));
    keysOn.addEventListener("change", () => settings.setKeys(keysOn.checked));
    settings.keys.subscribe((on) => (keysOn.checked = on));
  }

  open() {
    this.#dialog.showModal();
  }
}
