/** Lists in the browser's storage, which may be missing, full, blocked, or written by another version of the page. */

/** @typedef {import("./settings.js").Store} Store */

/**
 * @param {Store | null} store
 * @param {string} key
 * @returns {unknown[]}
 */
export function readList(store, key) {
  try {
    const stored = JSON.parse(store?.getItem(key) ?? "[]");
    return Array.isArray(stored) ? stored : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/**
 * @param {Store | null} store
 * @param {string} key
 * @param {readonly unknown[]} list
 */
export function writeList(store, key, list) {
  try {
    store?.setItem(key, JSON.stringify(list));
  } catch (error) {
    // Storage is full or blocked: the list lasts until the page is closed.
    if (!(error instanceof DOMException)) throw error;
  }
}
