/**
 * The last events of all sources, and the cursor after them. Of a source that the cursor has a mark for, all up to the
 * mark came through here; of any other nothing is kept, as a stream of it begins anew.
 */

import { Retained } from "./retained.js";

/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./retained.js").Entry} Entry */

export class History {
  /** @type {Map<string, Retained>} */
  #retained = new Map();
  #cursor = "";
  /** Sources that the cursor has marks for. @type {ReadonlySet<string>} */
  #marked = new Set();
  #seq = 0;

  /** The place of the last event among all that ever came. */
  get seq() {
    return this.#seq;
  }

  /**
   * @param {readonly StreamEvent[]} events
   * @param {string} cursor after them; until a new stream gives one, still that of the stream before
   * @param {readonly string[]} asked the sources of the stream
   */
  add(events, cursor, asked) {
    for (const event of events) if (event.kind !== "end") this.#keep(event);
    if (cursor === this.#cursor) return;
    this.#cursor = cursor;
    this.#marked = new Set(asked);
    for (const source of this.#retained.keys()) if (!this.#marked.has(source)) this.#retained.delete(source);
  }

  /** @param {import("./retained.js").SourceBoundEvent} event */
  #keep(event) {
    const retained = this.#retained.get(event.source) ?? new Retained();
    this.#retained.set(event.source, retained);
    if (retained.isNews(event)) retained.push(++this.#seq, event);
  }

  /**
   * Where a stream of these sources goes on.
   * @param {readonly string[]} sources
   */
  cursorOf(sources) {
    // The server refuses a cursor that has no mark for any of the sources.
    return sources.some((source) => this.#marked.has(source)) ? this.#cursor : "";
  }

  /**
   * Whether one who has all of these sources up to some event can go on from there.
   * @param {Iterable<string>} sources
   */
  continues(sources) {
    return [...sources].every((source) => this.#marked.has(source));
  }

  /**
   * @param {ReadonlySet<string>} sources
   * @param {number} seq
   * @returns {Entry[]} those after it, in order
   */
  since(sources, seq) {
    const entries = [...sources].flatMap((source) => this.#retained.get(source)?.since(seq) ?? []);
    return sources.size > 1 ? entries.sort((one, other) => one.seq - other.seq) : entries;
  }

  /** @returns {Entry[]} what had to go */
  trim() {
    return [...this.#retained.values()].flatMap((retained) => retained.trim());
  }

  forget() {
    this.#retained.clear();
    this.#marked = new Set();
    this.#cursor = "";
  }
}
