/** Formats times for a column of fixed width, as a time in the chosen zone or as a difference to now. */

/** @typedef {string} Zone "local", "utc" or a name such as "Europe/Berlin" */

// Every zone in use changes its offset at a quarter of an hour.
const QUARTER = 900_000;
const MAX_CACHED = 2_000;

/** @type {Map<Zone, {parts: Intl.DateTimeFormat, offsets: Map<number, number>}>} */
const clocks = new Map();

/**
 * Format a time as "12:00:01.120", or with its date as "2026-11-21 12:00:01.120".
 * @param {number} ms epoch milliseconds
 * @param {{zone: Zone, date: boolean}} form
 * @returns {string} empty for a time out of range; throws RangeError for an unknown zone
 */
export function formatTime(ms, { zone, date }) {
  const local = new Date(ms + zoneOffset(ms, zone));
  if (Number.isNaN(local.getTime())) return "";
  const [day, time] = local.toISOString().split("T");
  return date ? `${day} ${time.slice(0, -1)}` : time.slice(0, -1);
}

/**
 * Format the difference to now in at most eight characters: "-12.3s", "-2m 05s", "-3h 07m", "-4d 12h", "-400d", and
 * "+1.0s" for the future.
 * @param {number} ms epoch milliseconds
 * @param {number} now epoch milliseconds
 */
export function formatAge(ms, now) {
  const sign = ms > now ? "+" : "-";
  const tenths = Math.floor(Math.abs(now - ms) / 100);
  const seconds = Math.floor(tenths / 10);
  if (seconds < 60) return `${sign}${seconds}.${tenths % 10}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${sign}${minutes}m ${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${sign}${hours}h ${two(minutes % 60)}m`;
  const days = Math.floor(hours / 24);
  return days < 100 ? `${sign}${days}d ${two(hours % 24)}h` : `${sign}${days}d`;
}

/**
 * @param {number} ms epoch milliseconds
 * @param {Zone} zone
 * @returns {number} offset from UTC in milliseconds at this time
 */
export function zoneOffset(ms, zone) {
  return zone === "utc" ? 0 : offset(ms, zone);
}

/**
 * Parse a time of day, or a date with a time, in the displayed zone.
 * @param {string} text
 * @param {{zone: Zone, near: number}} where `near` is a time on the day to use if the text has no date
 * @returns {number | null} epoch milliseconds; null for any other format
 */
export function parseTime(text, { zone, near }) {
  const match = /^(?:(\d{4}-\d{2}-\d{2})[ T])?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,3}))?)?$/.exec(text.trim());
  if (!match) return null;
  const [, day = formatTime(near, { zone, date: true }).slice(0, 10), hour, minute, second = "0", part = ""] = match;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const midnight = Date.parse(`${day}T00:00:00Z`);
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  const local = midnight + seconds * 1000 + Number(part.padEnd(3, "0"));
  if (Number.isNaN(local)) return null;
  return local - zoneOffset(local - zoneOffset(local, zone), zone);
}

/** @param {string} zone */
export function isZone(zone) {
  try {
    clock(zone);
    return true;
  } catch {
    return false;
  }
}

/** @param {number} value */
function two(value) {
  return String(value).padStart(2, "0");
}

/**
 * @param {number} ms
 * @param {Zone} zone
 * @returns {number} offset from UTC in milliseconds
 */
function offset(ms, zone) {
  const { parts, offsets } = clock(zone);
  const quarter = Math.floor(ms / QUARTER);
  const match = offsets.get(quarter);
  if (match !== undefined) return match;
  if (offsets.size >= MAX_CACHED) offsets.clear();
  const added = readOffset(parts, quarter * QUARTER);
  offsets.set(quarter, added);
  return added;
}

/** @param {Zone} zone */
function clock(zone) {
  const match = clocks.get(zone);
  if (match) return match;
  const added = { parts: makeFormat(zone), offsets: new Map() };
  clocks.set(zone, added);
  return added;
}

/** @param {Zone} zone */
function makeFormat(zone) {
  const numeric = /** @type {const} */ ("numeric");
  const day = { era: /** @type {const} */ ("short"), year: numeric, month: numeric, day: numeric };
  const time = { hour: numeric, minute: numeric, second: numeric, hourCycle: /** @type {const} */ ("h23") };
  const timeZone = zone === "local" ? undefined : zone;
  return new Intl.DateTimeFormat("en", { timeZone, calendar: "gregory", ...day, ...time });
}

/**
 * @param {Intl.DateTimeFormat} format
 * @param {number} ms
 */
function readOffset(format, ms) {
  if (Number.isNaN(new Date(ms).getTime())) return NaN;
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const { year, month, day, hour, minute, second } = parts;
  const local = new Date(0);
  local.setUTCFullYear(parts.era === "BC" ? 1 - Number(year) : Number(year), Number(month) - 1, Number(day));
  return local.setUTCHours(Number(hour), Number(minute), Number(second)) - ms;
}
