/** Incremental parser of the event stream: text in arbitrary pieces to events and the cursor after them. */

import { createParser } from "../../vendor/eventsource-parser/index.js";
import { isEventKind, parseEvent } from "../model/events.js";

/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */

export class EventParser {
  /** @type {StreamEvent[]} */
  #events = [];
  /** @type {StreamEvent[]} events without a cursor after them: a stream that breaks here brings them again */
  #held = [];
  #cursor = "";
  #parser = createParser({
    onId: (id) => {
      this.#cursor = id || this.#cursor;
      this.#events.push(...this.#held.splice(0));
    },
    // Skip events of newer servers.
    onEvent: ({ id, event = "", data }) => {
      if (isEventKind(event)) (id === undefined ? this.#held : this.#events).push(parseEvent(event, data));
    },
  });

  /**
   * @param {string} text
   * @returns {{events: StreamEvent[], cursor: string}} events with a cursor after them, and the last cursor, or empty
   * @throws {SyntaxError} if the data of an event is not JSON; discard everything from this text then
   */
  feed(text) {
    this.#events = [];
    this.#cursor = "";
    this.#parser.feed(text);
    return { events: this.#events, cursor: this.#cursor };
  }
}
