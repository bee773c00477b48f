/**
 * The last events of all sources, and the cursor after them. Of a source that the cursor has a mark for, all up to the
 * mark came through here; of any other nothing is kept, as a stream of it begins anew.
 */

import { EventBuffer } from "./event-buffer.js";

/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./event-buffer.js").BufferedEvent} BufferedEvent */

export class EventHistory {
  /** @type {Map<string, EventBuffer>} */
  #buffers = new Map();
  #cursor = "";
  /** Sources that the cursor has marks for. @type {ReadonlySet<string>} */
  #cursorSources = new Set();
  #seq = 0;

  /** The place of the last event among all that ever came. */
  get seq() {
    return this.#seq;
  }

  /**
   * @param {readonly StreamEvent[]} events
   * @param {string} cursor after them; until a new stream gives one, still that of the stream before
   * @param {readonly string[]} streamSources the sources of the stream
   */
  add(events, cursor, streamSources) {
    for (const event of events) if (event.kind !== "end") this.#add(event);
    if (cursor === this.#cursor) return;
    this.#cursor = cursor;
    this.#cursorSources = new Set(streamSources);
    for (const source of this.#buffers.keys()) if (!this.#cursorSources.has(source)) this.#buffers.delete(source);
  }

  /** @param {import("./event-buffer.js").SourceBoundEvent} event */
  #add(event) {
    const buffer = this.#buffers.get(event.source) ?? new EventBuffer();
    this.#buffers.set(event.source, buffer);
    if (buffer.isNew(event)) buffer.push(++this.#seq, event);
  }

  /**
   * Where a stream of these sources goes on.
   * @param {readonly string[]} sources
   */
  cursorOf(sources) {
    // The server refuses a cursor that has no mark for any of the sources.
    return sources.some((source) => this.#cursorSources.has(source)) ? this.#cursor : "";
  }

  /**
   * Whether one who has all of these sources up to some event can go on from there.
   * @param {Iterable<string>} sources
   */
  continues(sources) {
    return [...sources].every((source) => this.#cursorSources.has(source));
  }

  /**
   * @param {ReadonlySet<string>} sources
   * @param {number} seq
   * @returns {BufferedEvent[]} those after it, in order
   */
  since(sources, seq) {
    const entries = [...sources].flatMap((source) => this.#buffers.get(source)?.since(seq) ?? []);
    return sources.size > 1 ? entries.sort((one, other) => one.seq - other.seq) : entries;
  }

  /** @returns {BufferedEvent[]} what had to go */
  trim() {
    return [...this.#buffers.values()].flatMap((buffer) => buffer.trim());
  }

  clear() {
    this.#buffers.clear();
    this.#cursorSources = new Set();
    this.#cursor = "";
  }
}
