/** The way back to the end, with how much came meanwhile. */

import { counted } from "../lib/numbers.js";

/**
 * @param {HTMLElement} pill
 * @param {{unseen: number, atEnd: boolean}} view atEnd: the newest lines are shown as they come
 */
export function showPill(pill, { unseen, atEnd }) {
  pill.hidden = atEnd;
  const words = unseen === 0 ? "Follow" : counted(unseen, "new line");
  const text = `${words} \u2193`;
  if (pill.textContent !== text) pill.textContent = text;
}
