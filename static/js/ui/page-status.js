/**
 * Shows how things stand: titles, status bar, notices, pills, pressed buttons, announcements. It looks at every state
 * when woken, once a frame at most, and once a second by itself; it writes none.
 */

import { byId } from "../lib/element.js";
import { LineRate } from "../model/line-rate.js";
import { noticeFor } from "../text/notices.js";
import { sanitize } from "../text/sanitize.js";
import { statusText } from "../text/words.js";
import { Announcer } from "./announcer.js";
import { PageTitle } from "./page-title.js";
import { showPressed } from "./setting-buttons.js";
import { StatusBar } from "./status-bar.js";

/**
 * @typedef {object} PaneState
 * @property {import("./panes.js").PaneFrame} frame
 * @property {readonly string[]} chosen ids
 * @property {readonly string[]} names of the chosen
 * @property {import("../model/connection.js").Connection} connection
 * @property {boolean} empty no line is there
 * @property {boolean} filtered lines are left out
 * @property {boolean} counting not all lines have been looked at
 * @property {boolean} following
 * @property {boolean} paused
 * @property {number} unseen lines that came since the reader left the end
 * @property {number} received lines since the view began
 * @property {number} skipped lines that never came, or came and are not shown
 * @property {import("../text/words.js").Position | null} position
 */
/**
 * @typedef {object} PageState
 * @property {readonly PaneState[]} panes
 * @property {number} active index of the pane that the bars speak of
 * @property {readonly {id: string, name: string, state: string}[] | null} sources null until known
 * @property {"signed-out" | "unreachable" | null} trouble with the list of sources
 */

const EVERY_MS = 1_000;

export class PageStatus {
  #readState;
  #pageTitle = new PageTitle();
  #statusBar = new StatusBar();
  #announcer = new Announcer(byId("announcer", HTMLElement));
  /** @type {WeakMap<object, {rate: LineRate, received: number, perSecond: number | null}>} */
  #rates = new WeakMap();
  #receivedWhenHidden = 0;
  #frame = 0;

  /** @param {() => PageState} readState */
  constructor(readState) {
    this.#readState = readState;
    setInterval(() => this.#tick(), EVERY_MS);
    document.addEventListener("visibilitychange", () => {
      this.#receivedWhenHidden = received(readState());
      this.#show();
    });
    this.update();
  }

  /** Something changed. */
  update() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#show();
    });
  }

  #tick() {
    for (const pane of this.#readState().panes) this.#sampleRate(pane);
    this.#show();
  }

  /** @param {PaneState} pane */
  #sampleRate({ frame, received }) {
    const known = this.#rates.get(frame) ?? { rate: new LineRate(), received: 0, perSecond: null };
    if (received < known.received) known.rate.reset();
    const perSecond = known.rate.sample(received, performance.now());
    this.#rates.set(frame, { rate: known.rate, received, perSecond });
  }

  #show() {
    const page = this.#readState();
    // A view that began anew meanwhile has received less than before.
    const fresh = document.hidden ? Math.max(0, received(page) - this.#receivedWhenHidden) : 0;
    const active = page.panes[page.active];
    this.#pageTitle.show(active?.names.map(sanitize) ?? [], fresh);
    if (!active) return;
    this.#showStatus(page, active);
    for (const pane of page.panes) showPane(page, pane);
    showPressed("follow", showsNewest(active));
    showPressed("pause", active.paused);
    showPressed("split", page.panes.length > 1);
  }

  /**
   * @param {PageState} page
   * @param {PaneState} active
   */
  #showStatus({ sources }, active) {
    const { connection, paused, empty, filtered } = active;
    const view = { now: Date.now(), paused, empty, filtered, sources: sources?.length ?? null };
    const { words, tone } = statusText(connection, view);
    this.#statusBar.showState(words, tone);
    this.#statusBar.showPosition(empty ? null : active.position);
    const perSecond = this.#rates.get(active.frame)?.perSecond ?? null;
    this.#statusBar.showRate(connection.name === "live" ? perSecond : null);
    const waiting = showsNewest(active) ? 0 : active.unseen;
    this.#statusBar.showTotals({ received: active.received, skipped: active.skipped, waiting });
    // A countdown would be read out again and again.
    this.#announcer.announce(words.replace(/ in \d+ s$/, ""));
  }
}

/**
 * @param {PageState} page
 * @param {PaneState} pane
 */
function showPane({ sources, trouble }, pane) {
  const { frame, names, empty, unseen } = pane;
  frame.showTitle(names.map(sanitize));
  frame.showNotice(noticeFor({ ...pane, trouble, sources }), !empty);
  frame.showPill({ unseen, atEnd: showsNewest(pane) || (pane.following && unseen === 0) });
}

/** @param {PaneState} pane */
function showsNewest({ following, paused }) {
  return following && !paused;
}

/** @param {PageState} page */
function received({ panes }) {
  return panes.reduce((sum, pane) => sum + pane.received, 0);
}
