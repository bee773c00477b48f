/**
 * What a tab and the stream worker say to each other. A `subscription` numbers what a channel follows, so that nothing said
 * of an earlier one is taken for the present one.
 */

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */

/**
 * `filter` says which lines, as the server's parameters; `taken` gives back the `size` of a batch once its events are delivered; `held` names a Web Lock that the tab has for
 * its life; `leave` may be followed by `return`.
 * @typedef {{type: "follow", subscription: number, sources: readonly string[], filter: string}
 *   | {type: "ack", subscription: number, size: number} | {type: "hidden", hidden: boolean} | {type: "lock", lock: string}
 *   | {type: "retry"} | {type: "leave"} | {type: "return"} | {type: "close"}} ToWorker
 */
/**
 * `anew`: what came so far cannot be continued, the tab has to follow again.
 * @typedef {{type: "hello"} | {type: "events", subscription: number, events: StreamEvent[], size: number}
 *   | {type: "connection", subscription: number, connection: Connection} | {type: "reset", subscription: number}} ToTab
 */

export {};
