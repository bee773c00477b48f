/** Actions for selected text within a line, shown beside the selection. */

import { byId } from "../lib/element.js";

const MOST_CHARACTERS = 300;
const MARGIN_PX = 8;

export class SelectionBar {
  #bar = byId("selection-bar", HTMLElement);
  #selectedText;

  /**
   * @param {() => string} selectedText returns the selected text if it is within one line
   * @param {(action: string, text: string) => void} act
   */
  constructor(selectedText, act) {
    this.#selectedText = selectedText;
    document.addEventListener("pointerdown", (event) => this.#isInside(event) || this.#hide());
    document.addEventListener("wheel", () => this.#hide(), { passive: true });
    document.addEventListener("keydown", () => this.#hide());
    document.addEventListener("pointerup", (event) => event.pointerType === "mouse" && this.#showSoon(event));
    this.#bar.addEventListener("click", ({ target }) => {
      const action = target instanceof Element ? target.closest("[data-action]")?.getAttribute("data-action") : null;
      const text = this.#selectedText();
      this.#hide();
      if (action && text) act(action, text);
    });
  }

  /** Wait until a double click has selected its word. @param {PointerEvent} event */
  #showSoon(event) {
    if (this.#isInside(event)) return;
    const isInLog = event.target instanceof Element && event.target.closest(".log");
    setTimeout(() => {
      const text = this.#selectedText();
      if (isInLog && text.trim() !== "" && text.length <= MOST_CHARACTERS) this.#show(event.clientX, event.clientY);
    });
  }

  /**
   * @param {number} x
   * @param {number} y
   */
  #show(x, y) {
    this.#bar.hidden = false;
    const { width, height } = this.#bar.getBoundingClientRect();
    const left = Math.max(MARGIN_PX, Math.min(x - width / 2, innerWidth - width - MARGIN_PX));
    const below = y + 2 * MARGIN_PX;
    this.#bar.style.left = `${left}px`;
    this.#bar.style.top = `${below + height > innerHeight ? y - height - 2 * MARGIN_PX : below}px`;
  }

  #hide() {
    this.#bar.hidden = true;
  }

  /** @param {Event} event */
  #isInside({ target }) {
    return target instanceof Node && this.#bar.contains(target);
  }
}
