/** Incremental parser of the event stream: text in arbitrary pieces to events and the cursor after them. */

import { createParser } from "../../vendor/eventsource-parser/index.js";
import { isEventKind, parseEvent } from "../model/events.js";

/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */

export class EventParser {
  /** @type {StreamEvent[]} */
  #events = [];
  #cursor = "";
  #parser = createParser({
    onId: (id) => {
      this.#cursor = id || this.#cursor;
    },
    // Skip events of newer servers.
    onEvent: ({ event = "", data }) => {
      if (isEventKind(event)) this.#events.push(parseEvent(event, data));
    },
  });

  /**
   * @param {string} text
   * @returns {{events: StreamEvent[], cursor: string}} completed events; an empty cursor if none arrived
   * @throws {SyntaxError} if the data of an event is not JSON; discard everything from this text then
   */
  feed(text) {
    this.#events = [];
    this.#cursor = "";
    this.#parser.feed(text);
    return { events: this.#events, cursor: this.#cursor };
  }
}
