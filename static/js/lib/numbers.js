/** Number formats: grouped digits, counted nouns, byte sizes. */

const grouped = new Intl.NumberFormat("en");
const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** @param {number} value */
export function group(value) {
  return grouped.format(value);
}

/**
 * Format a count with its noun: "1 line", "1,204 lines".
 * @param {number} count
 * @param {string} noun singular; the plural appends an s
 */
export function counted(count, noun) {
  return `${group(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Format bytes in decimal units with at most three digits: "0 B", "999 B", "1.2 kB", "38 MB".
 * @param {number} size in bytes
 */
export function bytes(size) {
  let unit = 0;
  let value = size;
  // 999.5 would be printed as 1000.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? value.toFixed(1) : String(Math.round(value));
  return `${digits} ${UNITS[unit]}`;
}
