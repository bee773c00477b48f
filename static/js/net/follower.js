/** One channel as the stream worker sees it: what it wants, what it has, and how much is on its way to it. */

import { CONNECTING } from "../model/connection.js";

/** @typedef {import("../model/connection.js").Connection} Connection */
/** @typedef {import("../model/events.js").StreamEvent} StreamEvent */
/** @typedef {import("./messages.js").ToTab} ToTab */
/** @typedef {import("./retained.js").Entry} Entry */

// A tab that is this much behind, in characters, gets no more until it has taken some.
const WINDOW = 1_000_000;

export class Follower {
  #post;
  #choice = 0;
  #seq = 0;
  #underWay = 0;
  #owesEnd = false;
  /** Lines that went before it could take them; NaN if nobody knows how many. @type {Map<string, number>} */
  #missed = new Map();
  /** @type {Connection} */
  #told = CONNECTING;
  /** @type {ReadonlySet<string>} */
  sources = new Set();
  /** How it ended for this channel alone. @type {Connection | null} */
  verdict = null;
  hidden = false;
  /** Its tab is put away, or gone. */
  away = false;
  /** What it has can no longer be continued. */
  stale = false;
  /** The others waited for it long enough. */
  late = false;

  /** @param {(message: ToTab) => void} post */
  constructor(post) {
    this.#post = post;
  }

  /** The last event that it has, or has missed. */
  get seq() {
    return this.#seq;
  }

  get told() {
    return this.#told;
  }

  /** Whether the stream has to bring anything for it. */
  get wants() {
    return this.verdict === null && this.sources.size > 0;
  }

  get canTake() {
    if (this.away || this.stale) return false;
    return this.#owesEnd || (this.verdict === null && this.#underWay < WINDOW);
  }

  /**
   * @param {number} choice
   * @param {readonly string[]} sources
   */
  choose(choice, sources) {
    this.#choice = choice;
    this.sources = new Set(sources);
    this.verdict = null;
    this.stale = this.late = this.#owesEnd = false;
    this.#seq = this.#underWay = 0;
    this.#missed.clear();
    this.#told = CONNECTING;
  }

  /**
   * @param {number} choice
   * @param {number} size
   */
  taken(choice, size) {
    this.late = false;
    if (choice === this.#choice) this.#underWay = Math.max(0, this.#underWay - size);
  }

  /** @param {Entry} entry one that goes, and that no tab can be given any more */
  miss({ seq, event, lines }) {
    if (seq <= this.#seq || lines === 0 || !this.sources.has(event.source)) return;
    this.#missed.set(event.source, (this.#missed.get(event.source) ?? 0) + lines);
  }

  /** After its last event comes the end, even if much is under way. */
  end() {
    this.verdict = { name: "ended" };
    this.#owesEnd = true;
  }

  /**
   * @param {readonly Entry[]} entries all after `seq`, in order
   * @param {number} seq the newest that there is
   */
  give(entries, seq) {
    this.#seq = seq;
    const events = [...this.#takeGaps(), ...entries.map(({ event }) => event), ...this.#takeEnd()];
    if (events.length === 0) return;
    const size = entries.reduce((sum, entry) => sum + entry.size, 0);
    this.#underWay += size;
    this.#post({ type: "events", choice: this.#choice, events, size });
  }

  /** @returns {StreamEvent[]} */
  #takeGaps() {
    const missed = [...this.#missed];
    this.#missed.clear();
    return missed.map(([source, lines]) => {
      return { kind: "gap", source, reason: "skipped", lines: Number.isNaN(lines) ? null : lines };
    });
  }

  /** @returns {StreamEvent[]} */
  #takeEnd() {
    const owed = this.#owesEnd;
    this.#owesEnd = false;
    return owed ? [{ kind: "end", reason: "complete" }] : [];
  }

  /** @param {Connection} connection */
  tell(connection) {
    if (connection === this.#told) return;
    this.#told = connection;
    this.#post({ type: "connection", choice: this.#choice, connection });
  }

  /** Its events have to begin anew; one that is away hears of it when it returns. */
  beginAnew() {
    this.stale = true;
    if (!this.away) this.#post({ type: "anew", choice: this.#choice });
  }
}
