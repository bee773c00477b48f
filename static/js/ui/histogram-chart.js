/** The histogram on a canvas: hover shows counts, a click or Enter goes to a time, a drag selects a time range. */

import { element, setText } from "../lib/element.js";
import { group } from "../lib/numbers.js";
import { barHeights, bucketCount, countsIn, LEVEL_KEYS, ticks, timeToX, xToTime } from "../model/histogram.js";
import { formatTime, zoneOffset } from "../text/time.js";

/** @typedef {import("../model/histogram.js").Histogram} Histogram */
/** @typedef {{from: number, to: number}} TimeRange epoch milliseconds */
/**
 * @typedef {object} Actions the user's actions
 * @property {(time: number) => void} go
 * @property {(range: TimeRange) => void} choose
 */

const BARS_PX = 22;
const LABEL_PX = 90;
const DRAG_PX = 4;
const DAY_MS = 86_400_000;

export class HistogramChart {
  #root;
  #canvas = element("canvas", "");
  #tip = element("output", "tip");
  #table = element("table", "");
  #outside = element("span", "outside");
  #barColors = LEVEL_KEYS.map((level) => element("i", `ink-${level}`));
  #actions;
  /** @type {Histogram | null} */
  #histogram = null;
  /** @type {TimeRange | null} */
  #visible = null;
  /** @type {import("../text/time.js").Zone} */
  #zone = "local";
  /** Position of the pointer or the keyboard cursor in pixels. @type {number | null} */
  #pointerX = null;
  /** Start of a drag in pixels. @type {number | null} */
  #dragStartX = null;
  #frame = 0;

  /**
   * @param {HTMLElement} root an empty element
   * @param {Actions} actions
   */
  constructor(root, actions) {
    this.#root = root;
    this.#actions = actions;
    const barColors = element("span", "inks", ...this.#barColors);
    barColors.hidden = true;
    this.#canvas.ariaHidden = "true";
    this.#tip.hidden = true;
    // CSS cannot limit the height of a table, so a wrapper hides it.
    root.append(this.#canvas, element("div", "unseen", this.#table), this.#outside, this.#tip, barColors);
    root.addEventListener("pointerdown", (event) => this.#onPointerDown(event));
    root.addEventListener("pointermove", (event) => this.#onPointerMove(event.clientX));
    root.addEventListener("pointerup", (event) => this.#onPointerUp(event));
    root.addEventListener("pointercancel", () => this.#leave());
    root.addEventListener("pointerleave", () => this.#dragStartX === null && this.#leave());
    root.addEventListener("blur", () => this.#leave());
    root.addEventListener("keydown", (event) => this.#onKey(event));
    new ResizeObserver(() => this.redraw()).observe(this.#canvas);
  }

  /** Number of bars that fit. */
  get bars() {
    return Math.max(20, Math.min(160, Math.floor((this.#width || 600) / 6)));
  }

  /**
   * @param {Histogram | null} histogram
   * @param {{before: number, after: number, untimed: number} | null} outside numbers of lines that are not drawn
   */
  show(histogram, outside) {
    this.#histogram = histogram;
    this.#root.hidden = histogram === null;
    setText(this.#outside, outside ? outsideText(outside) : "");
    if (histogram) this.#fillTable(histogram);
    this.redraw();
  }

  /** Set the time range of the visible lines. @param {TimeRange | null} visible */
  showVisible(visible) {
    if (visible?.from === this.#visible?.from && visible?.to === this.#visible?.to) return;
    this.#visible = visible;
    this.redraw();
  }

  /** @param {import("../text/time.js").Zone} zone */
  setZone(zone) {
    this.#zone = zone;
    if (this.#histogram) this.#fillTable(this.#histogram);
    this.redraw();
  }

  /** Redraw in the next frame, for example after a change of theme. */
  redraw() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#histogram && !this.#root.hidden) this.#draw(this.#histogram);
    });
  }

  get #width() {
    return this.#canvas.clientWidth;
  }

  // Input

  /** @param {PointerEvent} event */
  #onPointerDown(event) {
    if (event.button !== 0) return;
    this.#root.setPointerCapture(event.pointerId);
    this.#dragStartX = this.#x(event.clientX);
    this.#onPointerMove(event.clientX);
  }

  /** @param {number} clientX */
  #onPointerMove(clientX) {
    this.#pointerX = this.#x(clientX);
    this.#showTip();
  }

  /** @param {PointerEvent} event */
  #onPointerUp(event) {
    const [histogram, from, to] = [this.#histogram, this.#dragStartX, this.#x(event.clientX)];
    this.#dragStartX = null;
    if (!histogram || from === null) return;
    const [first, last] = [Math.min(from, to), Math.max(from, to)];
    if (last - first < DRAG_PX) this.#go(to);
    else this.#actions.choose(this.#rangeOf(histogram, first, last));
    if (event.pointerType === "mouse") this.#showTip();
    else this.#leave();
  }

  /**
   * @param {Histogram} histogram
   * @param {number} first pixels
   * @param {number} last pixels
   * @returns {TimeRange}
   */
  #rangeOf(histogram, first, last) {
    return { from: xToTime(histogram, first, this.#width), to: xToTime(histogram, last, this.#width) };
  }

  #leave() {
    this.#pointerX = this.#dragStartX = null;
    this.#showTip();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (!this.#histogram || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = /** @type {Record<string, number>} */ ({ ArrowLeft: -1, ArrowRight: 1 });
    const width = this.#width / bucketCount(this.#histogram);
    if (event.key in steps) {
      const bucket = Math.floor((this.#pointerX ?? this.#width) / width) + steps[event.key];
      this.#pointerX = (Math.max(0, Math.min(bucketCount(this.#histogram) - 1, bucket)) + 0.5) * width;
      this.#showTip();
    } else if (event.key === "Enter" && this.#pointerX !== null) {
      this.#go(this.#pointerX);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** Go to the first line of a bar. @param {number} x */
  #go(x) {
    if (!this.#histogram) return;
    const { from, step } = this.#histogram;
    this.#actions.go(from + this.#bucketAt(x) * step);
  }

  /** @param {number} clientX */
  #x(clientX) {
    return Math.max(0, Math.min(this.#width, clientX - this.#root.getBoundingClientRect().left));
  }

  /** @param {number} x */
  #bucketAt(x) {
    const histogram = /** @type {Histogram} */ (this.#histogram);
    const buckets = bucketCount(histogram);
    return Math.min(buckets - 1, Math.floor((x / this.#width) * buckets));
  }

  // Texts

  #showTip() {
    this.redraw();
    this.#tip.hidden = this.#pointerX === null || this.#histogram === null;
    if (this.#pointerX === null || !this.#histogram) return;
    const text = this.#textAt(this.#histogram, this.#pointerX);
    setText(this.#tip, text);
    this.#root.ariaValueText = text;
    this.#root.ariaValueNow = String(this.#bucketAt(this.#pointerX));
    const half = this.#tip.offsetWidth / 2;
    const left = Math.max(half, Math.min(this.#width - half, this.#pointerX));
    this.#tip.style.left = `${left}px`;
  }

  /**
   * @param {Histogram} histogram
   * @param {number} x
   */
  #textAt(histogram, x) {
    if (this.#dragStartX !== null && Math.abs(this.#dragStartX - x) >= DRAG_PX) {
      const [first, last] = [Math.min(this.#dragStartX, x), Math.max(this.#dragStartX, x)];
      return this.#rangeText(xToTime(histogram, first, this.#width), xToTime(histogram, last, this.#width));
    }
    return this.#bucketText(histogram, this.#bucketAt(x));
  }

  /**
   * @param {Histogram} histogram
   * @param {number} bucket
   */
  #bucketText(histogram, bucket) {
    const from = histogram.from + bucket * histogram.step;
    return `${this.#rangeText(from, from + histogram.step)} \u00b7 ${countText(histogram, bucket)}`;
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  #rangeText(from, to) {
    const [first, last] = [from, to].map((time) => formatTime(time, { zone: this.#zone, date: true }));
    const isShort = to - from < 10_000;
    const cut = (/** @type {string} */ time) => (isShort ? time : time.slice(0, -4));
    return first.slice(0, 10) === last.slice(0, 10)
      ? `${cut(first)} \u2013 ${cut(last.slice(11))}`
      : `${cut(first)} \u2013 ${cut(last)}`;
  }

  /** @param {Histogram} histogram */
  #fillTable(histogram) {
    const buckets = bucketCount(histogram);
    this.#root.ariaValueMax = String(buckets - 1);
    this.#root.ariaValueNow ??= String(buckets - 1);
    const caption = element("caption", "", "Histogram of lines over time");
    const rows = Array.from({ length: buckets }, (_, bucket) => bucket).filter(
      (bucket) => countsIn(histogram, bucket).length > 0,
    );
    const row = (/** @type {number} */ bucket) => {
      const from = histogram.from + bucket * histogram.step;
      const range = this.#rangeText(from, from + histogram.step);
      return element("tr", "", element("th", "", range), element("td", "", countText(histogram, bucket)));
    };
    this.#table.replaceChildren(caption, ...rows.map(row));
  }

  // Drawing

  /** @param {Histogram} histogram */
  #draw(histogram) {
    const [width, height] = [this.#width, this.#root.clientHeight];
    const ratio = devicePixelRatio;
    const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== pixelWidth) this.#canvas.width = pixelWidth;
    if (this.#canvas.height !== pixelHeight) this.#canvas.height = pixelHeight;
    const context = this.#canvas.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const style = getComputedStyle(this.#root);
    this.#drawRanges(context, histogram, style);
    this.#drawBars(context, histogram);
    this.#drawLabels(context, histogram, style);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Histogram} histogram
   */
  #drawBars(context, histogram) {
    const buckets = bucketCount(histogram);
    const { levels } = histogram;
    const countsOf = (/** @type {number} */ bucket) => LEVEL_KEYS.map((level) => levels[level]?.[bucket] ?? 0);
    const counts = Array.from({ length: buckets }, (_, bucket) => countsOf(bucket));
    const max = Math.max(1, ...counts.map((inBucket) => inBucket.reduce((sum, count) => sum + count, 0)));
    const barColors = this.#barColors.map((barColor) => getComputedStyle(barColor).color);
    const barWidth = this.#width / buckets;
    counts.forEach((inBucket, bucket) => {
      const left = Math.round(bucket * barWidth);
      const right = Math.round((bucket + 1) * barWidth) - (barWidth > 3 ? 1 : 0);
      let y = BARS_PX;
      barHeights(inBucket, max, BARS_PX - 2).forEach((height, level) => {
        if (height === 0) return;
        context.fillStyle = barColors[level];
        context.fillRect(left, Math.max(0, y - height), Math.max(1, right - left), height);
        y -= height;
      });
    });
  }

  /**
   * Shade the visible range, the bar under the pointer, or the dragged range.
   * @param {CanvasRenderingContext2D} context
   * @param {Histogram} histogram
   * @param {CSSStyleDeclaration} style
   */
  #drawRanges(context, histogram, style) {
    context.fillStyle = style.accentColor;
    const shade = (/** @type {number} */ left, /** @type {number} */ right, /** @type {number} */ alpha) => {
      context.globalAlpha = alpha;
      context.fillRect(left, 0, right - left, BARS_PX);
      context.globalAlpha = 1;
    };
    if (this.#dragStartX !== null && this.#pointerX !== null) {
      shade(Math.min(this.#dragStartX, this.#pointerX), Math.max(this.#dragStartX, this.#pointerX), 0.3);
    } else if (this.#pointerX !== null) {
      const barWidth = this.#width / bucketCount(histogram);
      const bucket = this.#bucketAt(this.#pointerX);
      shade(bucket * barWidth, (bucket + 1) * barWidth, 0.2);
    }
    if (!this.#visible) return;
    const [from, to] = [this.#visible.from, this.#visible.to].map((time) => timeToX(histogram, time, this.#width));
    const middle = (from + to) / 2;
    const half = Math.max(3, (to - from) / 2);
    shade(middle - half, middle + half, 0.12);
    context.strokeStyle = style.accentColor;
    context.strokeRect(Math.round(middle - half) + 0.5, 0.5, Math.round(2 * half) - 1, BARS_PX - 1);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Histogram} histogram
   * @param {CSSStyleDeclaration} style
   */
  #drawLabels(context, histogram, style) {
    const width = this.#width;
    const maxLabels = Math.max(2, Math.floor(width / LABEL_PX));
    const { times, step } = ticks(histogram, maxLabels, (time) => zoneOffset(time, this.#zone));
    context.fillStyle = style.color;
    context.font = `${style.fontSize} ${style.fontFamily}`;
    context.textBaseline = "top";
    for (const time of times) {
      const x = timeToX(histogram, time, width);
      const text = labelOf(formatTime(time, { zone: this.#zone, date: true }), step);
      const left = x - context.measureText(text).width / 2;
      context.fillRect(Math.round(x), BARS_PX, 1, 3);
      if (left >= 0 && 2 * x - left <= width) context.fillText(text, Math.round(left), BARS_PX + 4);
    }
  }
}

/**
 * @param {Histogram} histogram
 * @param {number} bucket
 */
function countText(histogram, bucket) {
  const counts = countsIn(histogram, bucket);
  if (counts.length === 0) return "no lines";
  return counts.map(({ level, count }) => `${group(count)} ${level === "none" ? "without a level" : level}`).join(", ");
}

/** @param {{before: number, after: number, untimed: number}} outside */
function outsideText({ before, after, untimed }) {
  const counts = /** @type {[number, string][]} */ ([
    [before, "before"],
    [after, "after"],
    [untimed, "without a time"],
  ]).filter(([count]) => count > 0);
  if (counts.length === 0) return "";
  return `not shown: ${counts.map(([count, where]) => `${group(count)} ${where}`).join(", ")}`;
}

/**
 * Return the part of a time that differs between labels.
 * @param {string} time with its date
 * @param {number} step milliseconds between two labels
 */
function labelOf(time, step) {
  if (step >= DAY_MS) return time.slice(0, 10);
  const clock = step >= 60_000 ? time.slice(11, 16) : step >= 1_000 ? time.slice(11, 19) : time.slice(11);
  return clock.startsWith("00:00") && step >= 60_000 ? time.slice(5, 10) : clock;
}
