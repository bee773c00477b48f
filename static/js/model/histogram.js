/** Arithmetic of the histogram: times, buckets and pixels. */

/** @typedef {"fatal" | "error" | "warning" | "notice" | "info" | "debug" | "trace" | "none"} LevelKey */
/**
 * An answer of `/api/histogram`.
 * @typedef {object} HistogramAnswer
 * @property {number | null} from epoch milliseconds; null if no line has a time
 * @property {number | null} to
 * @property {number} step milliseconds per bucket
 * @property {Partial<Record<LevelKey, number[]>>} levels
 * @property {Counts} [before] lines outside the buckets
 * @property {Counts} [after]
 * @property {Counts} [untimed]
 * @property {boolean} complete
 * @property {readonly string[]} [absent] hosts whose lines are missing
 */
/** @typedef {Partial<Record<LevelKey, number>>} Counts */
/** @typedef {{from: number, to: number, step: number, levels: Partial<Record<LevelKey, number[]>>}} Histogram */

/** From the bottom of a bar upwards. @type {readonly LevelKey[]} */
export const LEVEL_KEYS = ["fatal", "error", "warning", "notice", "info", "debug", "trace", "none"];

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
  ...[1, 2, 7, 14, 30, 60, 90, 180, 365, 730, 1825, 3650].map((count) => count * DAY),
];

/** @param {HistogramAnswer | null} counts @returns {Histogram | null} null if there is nothing to show */
export function histogramOf(counts) {
  if (!counts || counts.from === null || counts.to === null || counts.to <= counts.from) return null;
  return { from: counts.from, to: counts.to, step: counts.step, levels: counts.levels };
}

/**
 * Sum the lines of each level, in and outside the buckets.
 * @param {HistogramAnswer | null} counts
 * @returns {Record<LevelKey, number>}
 */
export function levelTotals(counts) {
  const outside = [counts?.before, counts?.after, counts?.untimed];
  const all = (/** @type {LevelKey} */ level) => [
    ...(counts?.levels[level] ?? []),
    ...outside.map((each) => each?.[level] ?? 0),
  ];
  return /** @type {Record<LevelKey, number>} */ (
    Object.fromEntries(LEVEL_KEYS.map((level) => [level, all(level).reduce((sum, count) => sum + count, 0)]))
  );
}

/**
 * Sum the lines of the shown levels that the histogram does not draw.
 * @param {HistogramAnswer | null} counts
 * @param {(level: string) => boolean} isShown
 * @returns {{before: number, after: number, untimed: number}}
 */
export function outsideTotals(counts, isShown) {
  const sum = (/** @type {Counts | undefined} */ each) =>
    LEVEL_KEYS.filter(isShown).reduce((total, level) => total + (each?.[level] ?? 0), 0);
  return { before: sum(counts?.before), after: sum(counts?.after), untimed: sum(counts?.untimed) };
}

/**
 * @param {Histogram} histogram
 * @param {number} bucket
 * @returns {{level: LevelKey, count: number}[]} only levels with lines
 */
export function countsIn({ levels }, bucket) {
  return LEVEL_KEYS.map((level) => ({ level, count: levels[level]?.[bucket] ?? 0 })).filter(({ count }) => count > 0);
}

/** Return the number of buckets. @param {Histogram} histogram */
export function bucketCount({ from, to, step }) {
  return Math.max(1, Math.round((to - from) / step));
}

/**
 * Return the heights of a bar's segments. A segment with lines is at least one pixel high.
 * @param {readonly number[]} counts
 * @param {number} max sum of the highest bar
 * @param {number} height height of the highest bar in pixels
 * @returns {number[]} pixels
 */
export function barHeights(counts, max, height) {
  return counts.map((count) => (count === 0 ? 0 : Math.max(1, (count / max) * height)));
}

/**
 * @param {Histogram} histogram
 * @param {number} time
 * @param {number} width
 */
export function timeToX({ from, to }, time, width) {
  return ((time - from) / (to - from)) * width;
}

/**
 * @param {Histogram} histogram
 * @param {number} x
 * @param {number} width
 */
export function xToTime({ from, to }, x, width) {
  return Math.round(from + (Math.max(0, Math.min(width, x)) / width) * (to - from));
}

/**
 * Return round times for axis labels.
 * @param {{from: number, to: number}} span
 * @param {number} max maximum number of labels
 * @param {(time: number) => number} offset UTC offset of the zone at a time, in milliseconds
 * @returns {{times: number[], step: number}}
 */
export function ticks({ from, to }, max, offset) {
  const step = STEPS.find((candidate) => (to - from) / candidate <= max) ?? STEPS[STEPS.length - 1];
  const times = [];
  for (let time = Math.ceil((from + offset(from)) / step) * step; times.length <= max; time += step) {
    const utc = time - offset(time - offset(from));
    if (utc > to) break;
    if (utc >= from) times.push(utc);
  }
  return { times, step };
}
