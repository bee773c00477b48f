/**
 * Messages between a tab and the stream worker. `subscription` numbers the calls of `follow` on a channel, so that
 * messages about an earlier call are ignored.
 */

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */

/**
 * `filter` holds the server's parameters of the view. `ack` returns the `size` of a batch after its events were
 * delivered. `lock` names a Web Lock that the tab holds until it ends. `leave` may be followed by `return`.
 * @typedef {{type: "follow", subscription: number, sources: readonly string[], filter: string}
 *   | {type: "ack", subscription: number, size: number} | {type: "hidden", hidden: boolean}
 *   | {type: "lock", lock: string} | {type: "retry"} | {type: "leave"} | {type: "return"} | {type: "close"}} ToWorker
 */
/**
 * `reset`: the delivered events cannot be continued, so the tab has to follow again.
 * @typedef {{type: "hello"} | {type: "events", subscription: number, events: StreamEvent[], size: number}
 *   | {type: "connection", subscription: number, connection: Connection} | {type: "reset", subscription: number}} ToTab
 */

export {};
