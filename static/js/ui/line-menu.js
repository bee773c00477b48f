/** The menu of a line, at the pointer or as a sheet on narrow screens. */

import { byId, element, setText } from "../lib/element.js";
import { group } from "../lib/numbers.js";
import { sanitize } from "../text/sanitize.js";
import { hintButton, keyName } from "./keys.js";

/** @typedef {import("../model/rows.js").LineRow} LineRow */
/** @typedef {{x: number, y: number}} Point in CSS pixels of the viewport */
/**
 * A menu item; actions that do not apply to the line are omitted.
 * @typedef {object} Action
 * @property {string} label
 * @property {string} [key]
 * @property {() => void} act
 */

const EXCERPT_CHARACTERS = 300;
const MARGIN_PX = 8;

export class LineMenu {
  #dialog = byId("line-menu", HTMLDialogElement);
  #title = byId("line-menu-title", HTMLElement);
  #excerpt = byId("line-menu-text", HTMLElement);
  #actions = byId("line-menu-actions", HTMLElement);

  /**
   * @param {object} line
   * @param {string} line.name name of the source
   * @param {number | null} line.n
   * @param {string} line.text
   * @param {readonly Action[]} actions
   * @param {Point} point position of the line or the pointer
   */
  open({ name, n, text }, actions, point) {
    setText(this.#title, n === null ? sanitize(name) : `${sanitize(name)} \u00b7 line ${group(n)}`);
    setText(this.#excerpt, sanitize(text.slice(0, EXCERPT_CHARACTERS)));
    this.#actions.replaceChildren(...actions.map((action) => this.#item(action)));
    this.#dialog.showModal();
    this.#stayInView(point);
  }

  /** @param {Action} action */
  #item({ label, key, act }) {
    const button = element("button", "item", element("span", "words", label));
    button.type = "button";
    if (key) {
      const hint = element("kbd", "", keyName(key));
      hint.ariaHidden = "true";
      button.append(hint);
      hintButton(button, key);
    }
    button.addEventListener("click", () => {
      this.#dialog.close();
      act();
    });
    return element("li", "", button);
  }

  /** @param {Point} point */
  #stayInView({ x, y }) {
    const { width, height } = this.#dialog.getBoundingClientRect();
    const left = Math.min(x, innerWidth - width - MARGIN_PX);
    const top = Math.min(y, innerHeight - height - MARGIN_PX);
    this.#dialog.style.setProperty("--left", `${Math.max(MARGIN_PX, left)}px`);
    this.#dialog.style.setProperty("--top", `${Math.max(MARGIN_PX, top)}px`);
  }
}
