/** The histogram of a pane: requests it, shows it, and refreshes it when lines arrive. */

import { matchParameters } from "../model/filter.js";
import { histogramOf, levelTotals, outsideTotals } from "../model/histogram.js";
import { HistogramClient } from "../net/histogram-client.js";
import { HistogramChart } from "../ui/histogram-chart.js";

/** @typedef {import("../model/filter.js").Filter} Filter */
/** @typedef {import("../model/filter.js").Parameter} Parameter */

const REFRESH_MS = 1_000;

export class HistogramController {
  #client;
  #chart;
  #timer;
  #isStale = false;
  #levels = new Set();
  #hasSpan = false;
  /** @type {(() => void)[]} */
  #unsubscribe;

  /**
   * @param {HTMLElement} root
   * @param {object} parts
   * @param {string} parts.base
   * @param {import("../model/settings.js").Settings} parts.settings
   * @param {(absent?: readonly string[]) => void} parts.changed called with the hosts that are missing in the counts
   * @param {import("../ui/histogram-chart.js").Actions} parts.actions
   */
  constructor(root, { base, settings, changed, actions }) {
    this.#client = new HistogramClient(`${base}api/histogram`);
    this.#chart = new HistogramChart(root, actions);
    this.#timer = setInterval(() => this.#refresh(), REFRESH_MS);
    this.#unsubscribe = [
      this.#client.counts.subscribe((counts) => {
        this.#show();
        changed(counts?.absent);
      }),
      settings.zone.subscribe((zone) => this.#chart.setZone(zone)),
      settings.theme.subscribe(() => this.#chart.redraw()),
    ];
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#chart.redraw());
  }

  /** Number of lines of each level, including levels that are filtered out. */
  get levelTotals() {
    return levelTotals(this.#client.counts.value);
  }

  /**
   * @param {readonly string[]} sources
   * @param {Filter} filter
   */
  show(sources, filter) {
    this.#levels = new Set(filter.levels);
    this.#hasSpan = Boolean(filter.since || filter.until);
    /** @type {Parameter[]} */
    const query = sources.map((id) => ["source", id]);
    query.push(...matchParameters({ ...filter, levels: [] }), ["buckets", String(this.#chart.bars)]);
    if (filter.since) query.push(["from", filter.since]);
    if (filter.until) query.push(["to", filter.until]);
    this.#client.show(sources.length > 0 ? query : []);
    this.#show();
  }

  /** Note new lines: the next refresh requests the counts again. */
  linesArrived() {
    this.#isStale = true;
  }

  /** @param {import("../ui/histogram-chart.js").TimeRange | null} range times of the visible lines */
  showVisible(range) {
    this.#chart.showVisible(range);
  }

  close() {
    clearInterval(this.#timer);
    this.#client.close();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }

  #refresh() {
    if (!this.#isStale || document.hidden) return;
    this.#isStale = false;
    void this.#client.refresh();
  }

  #show() {
    const histogram = histogramOf(this.#client.counts.value);
    const levels = histogram && Object.entries(histogram.levels).filter(([level]) => this.#isShown(level));
    // Outside a chosen span, lines are expected.
    const outside = this.#hasSpan ? null : outsideTotals(this.#client.counts.value, (level) => this.#isShown(level));
    this.#chart.show(histogram && { ...histogram, levels: Object.fromEntries(levels ?? []) }, outside);
  }

  /** @param {string} level */
  #isShown(level) {
    return this.#levels.size === 0 || this.#levels.has(level);
  }
}
