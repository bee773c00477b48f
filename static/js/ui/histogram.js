/** Lines over time as bars on a canvas: hover tells, a click or Enter goes there, a drag chooses a span. */

import { element, setText } from "../lib/element.js";
import { group } from "../lib/numbers.js";
import { bucketCounts, bucketsOf, heights, KINDS, ticks, timeAt, xOf } from "../model/histogram.js";
import { formatTime, zoneOffset } from "../text/time.js";

/** @typedef {import("../model/histogram.js").Course} Course */
/** @typedef {{from: number, to: number}} Span epoch milliseconds */
/**
 * @typedef {object} Deeds what the reader does
 * @property {(time: number) => void} go
 * @property {(span: Span) => void} choose
 */

const BARS_PX = 22;
const LABEL_PX = 90;
const DRAG_PX = 4;
const DAY_MS = 86_400_000;

export class HistogramStrip {
  #root;
  #canvas = element("canvas", "");
  #tip = element("output", "tip");
  #table = element("table", "");
  #inks = KINDS.map((kind) => element("i", `ink-${kind}`));
  #deeds;
  /** @type {Course | null} */
  #course = null;
  /** @type {Span | null} */
  #view = null;
  /** @type {import("../text/time.js").Zone} */
  #zone = "local";
  /** Where the pointer or the keyboard is, in pixels. @type {number | null} */
  #at = null;
  /** Where a drag began. @type {number | null} */
  #from = null;
  #frame = 0;

  /**
   * @param {HTMLElement} root an empty one
   * @param {Deeds} deeds
   */
  constructor(root, deeds) {
    this.#root = root;
    this.#deeds = deeds;
    const inks = element("span", "inks", ...this.#inks);
    inks.hidden = true;
    this.#canvas.ariaHidden = "true";
    this.#tip.hidden = true;
    // A table is as high as its rows, whatever the style sheet says.
    root.append(this.#canvas, element("div", "unseen", this.#table), this.#tip, inks);
    root.addEventListener("pointerdown", (event) => this.#press(event));
    root.addEventListener("pointermove", (event) => this.#point(event.clientX));
    root.addEventListener("pointerup", (event) => this.#release(event));
    root.addEventListener("pointercancel", () => this.#leave());
    root.addEventListener("pointerleave", () => this.#from === null && this.#leave());
    root.addEventListener("blur", () => this.#leave());
    root.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.redraw()).observe(root);
  }

  /** How many bars fit. */
  get bars() {
    return Math.max(20, Math.min(160, Math.floor((this.#width || 600) / 6)));
  }

  /** @param {Course | null} course */
  show(course) {
    this.#course = course;
    this.#root.hidden = course === null;
    if (course) this.#fillTable(course);
    this.redraw();
  }

  /** The time of the lines in view. @param {Span | null} view */
  mark(view) {
    if (view?.from === this.#view?.from && view?.to === this.#view?.to) return;
    this.#view = view;
    this.redraw();
  }

  /** @param {import("../text/time.js").Zone} zone */
  setZone(zone) {
    this.#zone = zone;
    if (this.#course) this.#fillTable(this.#course);
    this.redraw();
  }

  /** In the next frame, as when colours changed. */
  redraw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#course && !this.#root.hidden) this.#draw(this.#course);
    });
  }

  get #width() {
    return this.#root.clientWidth;
  }

  // What the reader does

  /** @param {PointerEvent} event */
  #press(event) {
    if (event.button !== 0) return;
    this.#root.setPointerCapture(event.pointerId);
    this.#from = this.#x(event.clientX);
    this.#point(event.clientX);
  }

  /** @param {number} clientX */
  #point(clientX) {
    this.#at = this.#x(clientX);
    this.#tell();
  }

  /** @param {PointerEvent} event */
  #release(event) {
    const [course, from, to] = [this.#course, this.#from, this.#x(event.clientX)];
    this.#from = null;
    if (!course || from === null) return;
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    if (last - first < DRAG_PX) this.#go(to);
    else this.#deeds.choose({ from: timeAt(course, first, this.#width), to: timeAt(course, last, this.#width) });
    if (event.pointerType === "mouse") this.#tell();
    else this.#leave();
  }

  #leave() {
    this.#at = this.#from = null;
    this.#tell();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.#course || event.ctrlKey || event.metaKey || event.altKey) return;
    const ways = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1 });
    const width = this.#width / bucketsOf(this.#course);
    if (event.key in ways) {
      const bucket = Math.floor((this.#at ?? this.#width) / width) + ways[event.key];
      this.#at = (Math.max(0, Math.min(bucketsOf(this.#course) - 1, bucket)) + 0.5) * width;
      this.#tell();
    } else if (event.key === "Enter" && this.#at !== null) {
      this.#go(this.#at);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** To the first line of a bar. @param {number} x */
  #go(x) {
    if (!this.#course) return;
    const { from, step } = this.#course;
    this.#deeds.go(from + this.#bucketAt(x) * step);
  }

  /** @param {number} clientX */
  #x(clientX) {
    return Math.max(0, Math.min(this.#width, clientX - this.#root.getBoundingClientRect().left));
  }

  /** @param {number} x */
  #bucketAt(x) {
    const course = /** @type {Course} */ (this.#course);
    const buckets = bucketsOf(course);
    return Math.min(buckets - 1, Math.floor((x / this.#width) * buckets));
  }

  // Words

  #tell() {
    this.redraw();
    this.#tip.hidden = this.#at === null || this.#course === null;
    if (this.#at === null || !this.#course) return;
    const words = this.#wordsAt(this.#course, this.#at);
    setText(this.#tip, words);
    this.#root.ariaValueText = words;
    this.#root.ariaValueNow = String(this.#bucketAt(this.#at));
    const half = this.#tip.offsetWidth / 2;
    const left = Math.max(half, Math.min(this.#width - half, this.#at));
    this.#tip.style.left = `${left}px`;
  }

  /**
   * @param {Course} course
   * @param {number} x
   */
  #wordsAt(course, x) {
    if (this.#from !== null && Math.abs(this.#from - x) >= DRAG_PX) {
      const [first, last] = [Math.min(this.#from, x), Math.max(this.#from, x)];
      return this.#spanWords(timeAt(course, first, this.#width), timeAt(course, last, this.#width));
    }
    return this.#bucketWords(course, this.#bucketAt(x));
  }

  /**
   * @param {Course} course
   * @param {number} bucket
   */
  #bucketWords(course, bucket) {
    const from = course.from + bucket * course.step;
    return `${this.#spanWords(from, from + course.step)} \u00b7 ${countWords(course, bucket)}`;
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #spanWords(from, to) {
    const [first, last] = [from, to].map((time) => formatTime(time, { zone: this.#zone, date: true }));
    const isShort = to - from < 10_000;
    const cut = (/** @type {string} */ time) => (isShort ? time : time.slice(0, -4));
    return first.slice(0, 10) === last.slice(0, 10)
      ? `${cut(first)} \u2013 ${cut(last.slice(11))}`
      : `${cut(first)} \u2013 ${cut(last)}`;
  }

  /** @param {Course} course */
  #fillTable(course) {
    const buckets = bucketsOf(course);
    this.#root.ariaValueMax = String(buckets - 1);
    this.#root.ariaValueNow ??= String(buckets - 1);
    const caption = element("caption", "", "Lines over time");
    const rows = Array.from({ length: buckets }, (_, bucket) => bucket).filter(
      (bucket) => bucketCounts(course, bucket).length > 0,
    );
    const row = (/** @type {number} */ bucket) => {
      const from = course.from + bucket * course.step;
      const span = this.#spanWords(from, from + course.step);
      return element("tr", "", element("th", "", span), element("td", "", countWords(course, bucket)));
    };
    this.#table.replaceChildren(caption, ...rows.map(row));
  }

  // Drawing

  /** @param {Course} course */
  #draw(course) {
    const [width, height] = [this.#width, this.#root.clientHeight];
    const ratio = devicePixelRatio;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== wide) this.#canvas.width = wide;
    if (this.#canvas.height !== high) this.#canvas.height = high;
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.#root);
    this.#drawChosen(context, course, style);
    this.#drawBars(context, course);
    this.#drawLabels(context, course, style);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Course} course
   */
  #drawBars(context, course) {
    const buckets = bucketsOf(course);
    const counts = Array.from({ length: buckets }, (_, bucket) => KINDS.map((kind) => course.levels[kind]?.[bucket] ?? 0));
    const most = Math.max(1, ...counts.map((each) => each.reduce((sum, count) => sum + count, 0)));
    const inks = this.#inks.map((ink) => getComputedStyle(ink).color);
    const wide = this.#width / buckets;
    counts.forEach((each, bucket) => {
      const left = Math.round(bucket * wide);
      const right = Math.round((bucket + 1) * wide) - (wide > 3 ? 1 : 0);
      let y = BARS_PX;
      heights(each, most, BARS_PX - 2).forEach((high, kind) => {
        if (high === 0) return;
        context.fillStyle = inks[kind];
        context.fillRect(left, Math.max(0, y - high), Math.max(1, right - left), high);
        y -= high;
      });
    });
  }

  /**
   * What is in view, under the pointer, or dragged over.
   * @param {CanvasRenderingContext2D} context
   * @param {Course} course
   * @param {CSSStyleDeclaration} style
   */
  #drawChosen(context, course, style) {
    context.fillStyle = style.accentColor;
    const shade = (/** @type {number} */ left, /** @type {number} */ right, /** @type {number} */ alpha) => {
      context.globalAlpha = alpha;
      context.fillRect(left, 0, right - left, BARS_PX);
      context.globalAlpha = 1;
    };
    if (this.#from !== null && this.#at !== null) {
      shade(Math.min(this.#from, this.#at), Math.max(this.#from, this.#at), 0.3);
    } else if (this.#at !== null) {
      const wide = this.#width / bucketsOf(course);
      shade(this.#bucketAt(this.#at) * wide, (this.#bucketAt(this.#at) + 1) * wide, 0.2);
    }
    if (!this.#view) return;
    const [from, to] = [this.#view.from, this.#view.to].map((time) => xOf(course, time, this.#width));
    const middle = (from + to) / 2;
    const half = Math.max(3, (to - from) / 2);
    shade(middle - half, middle + half, 0.12);
    context.strokeStyle = style.accentColor;
    context.strokeRect(Math.round(middle - half) + 0.5, 0.5, Math.round(2 * half) - 1, BARS_PX - 1);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Course} course
   * @param {CSSStyleDeclaration} style
   */
  #drawLabels(context, course, style) {
    const width = this.#width;
    const { times, step } = ticks(course, Math.max(2, Math.floor(width / LABEL_PX)), (time) => zoneOffset(time, this.#zone));
    context.fillStyle = style.color;
    context.font = `${style.fontSize} ${style.fontFamily}`;
    context.textBaseline = "top";
    for (const time of times) {
      const x = xOf(course, time, width);
      const words = labelOf(formatTime(time, { zone: this.#zone, date: true }), step);
      const wide = context.measureText(words).width;
      context.fillRect(Math.round(x), BARS_PX, 1, 3);
      if (x - wide / 2 >= 0 && x + wide / 2 <= width) context.fillText(words, Math.round(x - wide / 2), BARS_PX + 4);
    }
  }
}

/**
 * @param {Course} course
 * @param {number} bucket
 */
function countWords(course, bucket) {
  const counts = bucketCounts(course, bucket);
  if (counts.length === 0) return "no lines";
  return counts.map(({ kind, count }) => `${group(count)} ${kind === "none" ? "without level" : kind}`).join(", ");
}

/**
 * As much of a time as tells it from the next one.
 * @param {string} time with its date
 * @param {number} step milliseconds between two
 */
function labelOf(time, step) {
  if (step >= DAY_MS) return time.slice(0, 10);
  const clock = step >= 60_000 ? time.slice(11, 16) : step >= 1_000 ? time.slice(11, 19) : time.slice(11);
  return clock.startsWith("00:00") && step >= 60_000 ? time.slice(5, 10) : clock;
}
