/** From the text of a stream, cut anywhere, to its events and the cursor after them. */

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
    // What a newer server tells besides is not for this page.
    onEvent: ({ event = "", data }) => {
      if (isEventKind(event)) this.#events.push(parseEvent(event, data));
    },
  });

  /**
   * @param {string} text
   * @returns {{events: StreamEvent[], cursor: string}} what became whole with it; no cursor where none came
   * @throws {SyntaxError} if an event's data is no JSON; nothing of this text may be used then
   */
  feed(text) {
    this.#events = [];
    this.#cursor = "";
    this.#parser.feed(text);
    return { events: this.#events, cursor: this.#cursor };
  }
}
