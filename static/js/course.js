/** The course of a pane's lines over time: asked for, shown as a strip, kept up while lines come. */

import { viewParameters } from "./model/filter.js";
import { courseOf, totals } from "./model/histogram.js";
import { HistogramClient } from "./net/histogram-client.js";
import { HistogramStrip } from "./ui/histogram.js";

/** @typedef {import("./model/filter.js").Filter} Filter */
/** @typedef {import("./model/filter.js").Parameter} Parameter */

const EVERY_MS = 1_000;

export class CourseView {
  #client;
  #strip;
  #timer;
  #isDue = false;
  #levels = new Set();
  /** @type {(() => void)[]} */
  #leave;

  /**
   * @param {HTMLElement} root
   * @param {object} parts
   * @param {string} parts.base
   * @param {import("./model/settings.js").Settings} parts.settings
   * @param {() => void} parts.changed
   * @param {import("./ui/histogram.js").Deeds} parts.deeds
   */
  constructor(root, { base, settings, changed, deeds }) {
    this.#client = new HistogramClient(`${base}api/histogram`);
    this.#strip = new HistogramStrip(root, deeds);
    this.#timer = setInterval(() => this.#keepUp(), EVERY_MS);
    this.#leave = [
      this.#client.counts.subscribe(() => {
        this.#show();
        changed();
      }),
      settings.zone.subscribe((zone) => this.#strip.setZone(zone)),
      settings.theme.subscribe(() => this.#strip.redraw()),
    ];
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#strip.redraw());
  }

  /** How many lines there are of each level; of all levels, whichever are shown. */
  get totals() {
    return totals(this.#client.counts.value);
  }

  /**
   * @param {readonly string[]} sources
   * @param {Filter} filter
   */
  show(sources, filter) {
    this.#levels = new Set(filter.levels);
    /** @type {Parameter[]} */
    const query = sources.map((id) => ["source", id]);
    query.push(...viewParameters({ ...filter, levels: [] }), ["buckets", String(this.#strip.bars)]);
    if (filter.since) query.push(["from", filter.since]);
    if (filter.until) query.push(["to", filter.until]);
    this.#client.show(sources.length > 0 ? query : []);
    this.#show();
  }

  /** Lines came. */
  age() {
    this.#isDue = true;
  }

  /** @param {import("./ui/histogram.js").Span | null} span the times in view */
  mark(span) {
    this.#strip.mark(span);
  }

  close() {
    clearInterval(this.#timer);
    this.#client.close();
    for (const leave of this.#leave) leave();
  }

  #keepUp() {
    if (!this.#isDue || document.hidden) return;
    this.#isDue = false;
    void this.#client.refresh();
  }

  #show() {
    const course = courseOf(this.#client.counts.value);
    const levels = course && Object.entries(course.levels).filter(([kind]) => this.#isShown(kind));
    this.#strip.show(course && { ...course, levels: Object.fromEntries(levels ?? []) });
  }

  /** @param {string} kind */
  #isShown(kind) {
    return this.#levels.size === 0 || this.#levels.has(kind);
  }
}
