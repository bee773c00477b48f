/**
 * Updates titles, status bar, notices, pills, pressed buttons and announcements from the state of the page: at most
 * once per frame after `update`, and once per second. It changes no state.
 */

import { byId } from "../lib/element.js";
import { LineRate } from "../model/line-rate.js";
import { absentText } from "../text/host-words.js";
import { noticeFor } from "../text/notices.js";
import { sanitize } from "../text/sanitize.js";
import { shortFault, statusText } from "../text/words.js";
import { Announcer } from "./announcer.js";
import { PageTitle } from "./page-title.js";
import { showPressed } from "./setting-buttons.js";
import { StatusBar } from "./status-bar.js";

/**
 * @typedef {object} PaneState
 * @property {import("./panes.js").PaneFrame} frame
 * @property {readonly string[]} chosen ids
 * @property {readonly string[]} names of the selected sources
 * @property {import("../model/connection.js").Connection} connection
 * @property {boolean} empty whether no line is known
 * @property {boolean} filtered whether lines are filtered out
 * @property {boolean} counting whether the server has not searched all lines yet
 * @property {boolean} following
 * @property {boolean} paused
 * @property {number} unseen lines received since the user left the end
 * @property {number} received lines received since the view was opened
 * @property {number} skipped lines that were skipped
 * @property {import("../text/words.js").Position | null} position
 * @property {readonly string[]} absent names of the hosts that are away
 */
/**
 * @typedef {object} PageState
 * @property {readonly PaneState[]} panes
 * @property {number} active index of the pane that title and status bar describe
 * @property {readonly Source[] | null} sources null until known
 * @property {number} hosts number of hosts
 * @property {"signed-out" | "unreachable" | null} sourcesError a problem with the list of sources
 */

/** @typedef {{id: string, name: string, state: string, reason?: string | null, encoding?: string | null}} Source */

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

  /** Call when state changed. */
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
    const entry = this.#rates.get(frame) ?? { rate: new LineRate(), received: 0, perSecond: null };
    if (received < entry.received) entry.rate.reset();
    const perSecond = entry.rate.sample(received, performance.now());
    this.#rates.set(frame, { rate: entry.rate, received, perSecond });
  }

  #show() {
    const page = this.#readState();
    // A view that was reopened has fewer lines than before.
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
  #showStatus({ sources, hosts }, active) {
    const { connection, paused, empty, filtered } = active;
    const open = sources?.filter(({ id, state }) => state === "open" && active.chosen.includes(id)) ?? [];
    const fault = open.map(shortFault).find((each) => each !== null) ?? null;
    const absent = absentText(active.absent);
    const view = { now: Date.now(), paused, empty, filtered, sources: sources && sources.length + hosts, fault, absent };
    const { words, tone } = statusText(connection, view);
    this.#statusBar.showState(words, tone);
    this.#statusBar.showPosition(empty ? null : active.position);
    const perSecond = this.#rates.get(active.frame)?.perSecond ?? null;
    this.#statusBar.showRate(connection.name === "live" ? perSecond : null);
    const waiting = showsNewest(active) ? 0 : active.unseen;
    this.#statusBar.showTotals({ received: active.received, skipped: active.skipped, waiting });
    // Without the countdown, which would be announced every few seconds.
    this.#announcer.announce(words.replace(/ in \d+ s$/, ""));
  }
}

/**
 * @param {PageState} page
 * @param {PaneState} pane
 */
function showPane({ sources, hosts, sourcesError }, pane) {
  const { frame, names, empty, unseen } = pane;
  frame.showTitle(names.map(sanitize));
  frame.showNotice(noticeFor({ ...pane, sourcesError, sources, hosts, absent: absentText(pane.absent) }), !empty);
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
