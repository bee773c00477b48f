/**
 * From the stream to the list: the only one that fills `pending`, and the keeper of its counts. A source's state
 * becomes a row only when it changed: the one it begins with is no news.
 */

import { Pending } from "./pending.js";

/** @typedef {import("./events.js").StreamEvent} StreamEvent */
/** @typedef {import("./events.js").SourceEvent} SourceEvent */
/** @typedef {import("./pending.js").Bound} Bound */

export class Feed {
  #pending;
  #received = 0;
  /** @type {Map<string, SourceEvent["state"]>} */
  #states = new Map();

  /** @param {Bound} bound */
  constructor(bound) {
    this.#pending = new Pending(bound);
  }

  get pending() {
    return this.#pending;
  }

  /** Lines since the last `clear`. */
  get received() {
    return this.#received;
  }

  clear() {
    this.#pending.clear();
    this.#states.clear();
    this.#received = 0;
  }

  /** @param {StreamEvent} event */
  accept(event) {
    switch (event.kind) {
      case "lines":
        if (!this.#states.has(event.source)) this.#states.set(event.source, "open");
        this.#received += event.lines.length;
        this.#pending.pushLines(event);
        break;
      case "gap":
        this.#pending.pushNote(event);
        break;
      case "source":
        this.#acceptState(event);
        break;
      case "end":
        if (event.reason === "complete") this.#pending.pushNote({ kind: "complete" });
    }
  }

  /** @param {SourceEvent} event */
  #acceptState(event) {
    const { source, state } = event;
    const before = this.#states.get(source);
    if (state === "rotated" || (before !== undefined && state !== before)) this.#pending.pushNote(event);
    // A rotated source goes on: what follows is open.
    this.#states.set(source, state === "rotated" ? "open" : state);
  }
}
