/** Shows how things stand: status bar, notice, pill, pressed buttons. Reads every state and writes none. */

import { noticeFor } from "../text/notices.js";
import { statusWords } from "../text/words.js";
import { Rate } from "../model/rate.js";
import { byId } from "../lib/element.js";
import { Announcer } from "./announce.js";
import { showPressed } from "./appearance.js";
import { NoticeBox } from "./notice.js";
import { showPill } from "./pill.js";
import { StatusBar } from "./status.js";

/**
 * @template T
 * @typedef {import("../lib/signal.js").Readable<T>} Readable
 */
/**
 * @typedef {object} States
 * @property {Readable<import("../model/connection.js").Connection>} connection
 * @property {Readable<readonly {id: string, name: string, state: string}[] | null>} sources
 * @property {Readable<"signed-out" | "unreachable" | null>} trouble
 * @property {Readable<import("../model/query.js").Query>} query
 * @property {Readable<boolean>} following
 * @property {Readable<boolean>} paused
 * @property {Readable<boolean>} empty
 * @property {Readable<number>} unseen
 * @property {import("../model/feed.js").Feed} feed
 */

const EVERY_MS = 1_000;

export class Overview {
  #states;
  #statusBar = new StatusBar();
  #notice = new NoticeBox();
  #announcer = new Announcer(byId("announcer", HTMLElement));
  #pill = byId("pill", HTMLElement);
  #rate = new Rate();

  /** @param {States} states */
  constructor(states) {
    this.#states = states;
    const { connection, sources, trouble, query, following, paused, empty, unseen } = states;
    for (const state of [connection, sources, trouble, query, paused, empty]) state.subscribe(() => this.#showState());
    for (const state of [following, paused, unseen]) state.subscribe(() => this.#showView());
    empty.subscribe((isEmpty) => isEmpty && this.#rate.reset());
    empty.subscribe(() => this.#showTotal());
    setInterval(() => this.#tick(), EVERY_MS);
  }

  #tick() {
    this.#showRate();
    this.#showTotal();
    this.#showState();
  }

  #showRate() {
    const { feed, connection } = this.#states;
    const perSecond = this.#rate.sample(feed.received, performance.now());
    this.#statusBar.showRate(connection.value.name === "live" ? perSecond : null);
  }

  #showTotal() {
    const { feed } = this.#states;
    const waiting = this.#showsNewest ? 0 : feed.pending.lines;
    this.#statusBar.showTotal({ received: feed.received, skipped: feed.pending.skipped, waiting });
  }

  #showState() {
    const connection = this.#states.connection.value;
    const empty = this.#states.empty.value;
    const sources = this.#states.sources.value;
    const { words, tone } = statusWords(connection, {
      now: Date.now(),
      paused: this.#states.paused.value,
      empty,
      sources: sources?.length ?? null,
    });
    this.#statusBar.showState(words, tone);
    // A countdown would be read out again and again.
    this.#announcer.say(words.replace(/ in \d+ s$/, ""));
    const trouble = this.#states.trouble.value;
    const chosen = this.#states.query.value.sources;
    this.#notice.show(noticeFor({ connection, trouble, sources, chosen, empty }), !empty);
  }

  get #showsNewest() {
    return this.#states.following.value && !this.#states.paused.value;
  }

  #showView() {
    const unseen = this.#states.unseen.value;
    showPressed("follow", this.#showsNewest);
    showPressed("pause", this.#states.paused.value);
    showPill(this.#pill, { unseen, atEnd: this.#showsNewest || (this.#states.following.value && unseen === 0) });
  }
}
