/** The frames of one or two panes side by side. The app fills them. */

import { byId, setText } from "../lib/element.js";
import { hintButtons } from "./keys.js";
import { NoticeBox } from "./notice-box.js";
import { showPill } from "./pill.js";

export class PaneFrame {
  #titleElement;
  #pill;
  #notice;

  /** @param {DocumentFragment} content a copy of the pane template */
  constructor(content) {
    hintButtons(content);
    /** The whole pane. */
    this.root = part(content, ".pane", HTMLElement);
    /** The histogram. */
    this.histogram = part(content, ".histogram", HTMLElement);
    /** The canvas for hits beside the scrollbar. */
    this.hitMarks = part(content, ".hit-marks", HTMLCanvasElement);
    /** The scrolling element. */
    this.log = part(content, ".log", HTMLElement);
    /** Has the size of the whole content. */
    this.spacer = part(content, ".spacer", HTMLElement);
    /** Has the size of the viewport and stays in view. */
    this.layer = part(content, ".layer", HTMLElement);
    /** The parent of the rows. */
    this.rows = part(content, ".rows", HTMLElement);
    this.#titleElement = part(content, ".pane-title", HTMLElement);
    this.#pill = part(content, ".pill", HTMLElement);
    this.#notice = new NoticeBox(part(content, ".notice", HTMLElement));
  }

  /** @param {readonly string[]} names names of the sources, sanitized */
  showTitle(names) {
    const title = names.length === 0 ? "no source selected" : names.join(", ");
    setText(this.#titleElement, title);
    this.#titleElement.title = title;
    this.root.ariaLabel = title;
    this.log.ariaLabel = `Log lines of ${title}`;
  }

  /**
   * @param {import("../text/notices.js").Notice | null} notice
   * @param {boolean} overRows
   */
  showNotice(notice, overRows) {
    this.#notice.show(notice, overRows);
  }

  /** @param {{unseen: number, atEnd: boolean}} view `atEnd`: the newest lines are shown */
  showPill(view) {
    showPill(this.#pill, view);
  }
}

export class Panes {
  #container = byId("panes", HTMLElement);
  #template = byId("pane-template", HTMLTemplateElement);
  /** @type {PaneFrame[]} */
  #frames = [];
  #active = 0;
  #onActive;

  /** @param {(index: number) => void} onActive called with the new index when another pane becomes active */
  constructor(onActive) {
    this.#onActive = onActive;
    // In the capture phase, because a command acts on the pane in which it was given.
    for (const name of ["pointerdown", "focusin"]) {
      this.#container.addEventListener(name, ({ target }) => this.#activateAt(target), true);
    }
  }

  /** @returns {readonly PaneFrame[]} */
  get frames() {
    return this.#frames;
  }

  get active() {
    return this.#active;
  }

  add() {
    const frame = new PaneFrame(/** @type {DocumentFragment} */ (this.#template.content.cloneNode(true)));
    this.#container.append(frame.root);
    this.#frames.push(frame);
    this.#show();
    return frame;
  }

  /** @param {PaneFrame} frame */
  remove(frame) {
    const index = this.#frames.indexOf(frame);
    if (index < 0) return;
    this.#frames.splice(index, 1);
    frame.root.remove();
    this.activate(this.#active > index ? this.#active - 1 : this.#active);
  }

  /** @param {number} index */
  activate(index) {
    const active = Math.max(0, Math.min(index, this.#frames.length - 1));
    const isNew = active !== this.#active;
    this.#active = active;
    this.#show();
    if (isNew) this.#onActive(active);
  }

  /** Also move the focus, so that keys go to the pane. */
  activateOther() {
    if (this.#frames.length < 2) return;
    this.activate((this.#active + 1) % this.#frames.length);
    this.#frames[this.#active].log.focus();
  }

  /** @param {EventTarget | null} target */
  #activateAt(target) {
    const index = this.#frames.findIndex(({ root }) => target instanceof Node && root.contains(target));
    if (index >= 0 && index !== this.#active) this.activate(index);
  }

  #show() {
    document.body.classList.toggle("is-split", this.#frames.length > 1);
    this.#frames.forEach(({ root }, index) => root.classList.toggle("active", index === this.#active));
  }
}

/**
 * @template {HTMLElement} Type
 * @param {ParentNode} parent
 * @param {string} selector
 * @param {new () => Type} type
 * @returns {Type}
 */
function part(parent, selector, type) {
  const element = parent.querySelector(selector);
  if (element instanceof type) return element;
  throw new Error(`the template of panes has no ${selector}`);
}
