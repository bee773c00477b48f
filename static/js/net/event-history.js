/**
 * The last events of all sources, and the cursor after them. Events are kept only for sources that the cursor covers,
 * because a stream of any other source starts again with its last lines.
 */

import { EventBuffer } from "./event-buffer.js";

/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./event-buffer.js").BufferedEvent} BufferedEvent */

export class EventHistory {
  /** @type {Map<string, EventBuffer>} */
  #buffers = new Map();
  #cursor = "";
  /** Sources that the cursor covers. @type {ReadonlySet<string>} */
  #cursorSources = new Set();
  #seq = 0;

  /** Sequence number of the last event. */
  get seq() {
    return this.#seq;
  }

  /**
   * @param {readonly StreamEvent[]} events
   * @param {string} cursor the cursor after the events; unchanged until a new stream sends its first one
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
    if (buffer.recordState(event)) buffer.push(++this.#seq, event);
  }

  /**
   * Return the cursor to resume a stream of these sources, or an empty string.
   * @param {readonly string[]} sources
   */
  cursorOf(sources) {
    // The server rejects a cursor that covers none of the sources.
    return sources.some((source) => this.#cursorSources.has(source)) ? this.#cursor : "";
  }

  /**
   * Whether a subscriber that has these sources up to some event can continue from there.
   * @param {Iterable<string>} sources
   */
  continues(sources) {
    return [...sources].every((source) => this.#cursorSources.has(source));
  }

  /**
   * @param {ReadonlySet<string>} sources
   * @param {number} seq
   * @returns {BufferedEvent[]} events after `seq`, in order
   */
  since(sources, seq) {
    const entries = [...sources].flatMap((source) => this.#buffers.get(source)?.since(seq) ?? []);
    return sources.size > 1 ? entries.sort((one, other) => one.seq - other.seq) : entries;
  }

  /** @returns {BufferedEvent[]} dropped events */
  trim() {
    return [...this.#buffers.values()].flatMap((buffer) => buffer.trim());
  }

  clear() {
    this.#buffers.clear();
    this.#cursorSources = new Set();
    this.#cursor = "";
  }
}
