/** The panes of the page: one view each, one or two side by side. Frames only; what fills them comes from elsewhere. */

import { byId, setText } from "../lib/element.js";
import { hintButtons } from "./keys.js";
import { NoticeBox } from "./notice-box.js";
import { showPill } from "./pill.js";

export class PaneFrame {
  #titleElement;
  #pill;
  #notice;

  /** @param {DocumentFragment} content of the template */
  constructor(content) {
    hintButtons(content);
    /** The pane as a whole. */
    this.root = part(content, ".pane", HTMLElement);
    /** Where lines over time are shown. */
    this.histogram = part(content, ".histogram", HTMLElement);
    /** Where hits are shown beside the scrollbar. */
    this.hitMarks = part(content, ".hit-marks", HTMLCanvasElement);
    /** What scrolls. */
    this.log = part(content, ".log", HTMLElement);
    /** As high and wide as the content claims to be. */
    this.spacer = part(content, ".spacer", HTMLElement);
    /** As high as the view, and always in it. */
    this.layer = part(content, ".layer", HTMLElement);
    /** What holds the rows. */
    this.rows = part(content, ".rows", HTMLElement);
    this.#titleElement = part(content, ".pane-title", HTMLElement);
    this.#pill = part(content, ".pill", HTMLElement);
    this.#notice = new NoticeBox(part(content, ".notice", HTMLElement));
  }

  /** @param {readonly string[]} names of its sources, fit to be seen */
  showTitle(names) {
    const title = names.length === 0 ? "no source" : names.join(", ");
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

  /** @param {{unseen: number, atEnd: boolean}} view atEnd: the newest lines are shown as they come */
  showPill(view) {
    showPill(this.#pill, view);
  }
}

export class Panes {
  #host = byId("panes", HTMLElement);
  #template = byId("pane-template", HTMLTemplateElement);
  /** @type {PaneFrame[]} */
  #frames = [];
  #active = 0;
  #onActive;

  /** @param {(index: number) => void} onActive the reader turned to this pane, or it moved up */
  constructor(onActive) {
    this.#onActive = onActive;
    // Before any click or key is acted on: a command is for the pane in which it was given.
    for (const name of ["pointerdown", "focusin"]) {
      this.#host.addEventListener(name, ({ target }) => this.#turnTo(target), true);
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
    this.#host.append(frame.root);
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

  /** With the focus, so that keys go there. */
  turnToOther() {
    if (this.#frames.length < 2) return;
    this.activate((this.#active + 1) % this.#frames.length);
    this.#frames[this.#active].log.focus();
  }

  /** @param {EventTarget | null} target */
  #turnTo(target) {
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
  const found = parent.querySelector(selector);
  if (found instanceof type) return found;
  throw new Error(`the template of panes has no ${selector}`);
}
