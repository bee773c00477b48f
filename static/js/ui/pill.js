/** The way back to the end, with how much came meanwhile. */

import { setText } from "../lib/element.js";
import { counted } from "../lib/numbers.js";

/**
 * @param {HTMLElement} pill
 * @param {{unseen: number, atEnd: boolean}} view atEnd: the newest lines are shown as they come
 */
export function showPill(pill, { unseen, atEnd }) {
  if (pill.hidden !== atEnd) pill.hidden = atEnd;
  const words = unseen === 0 ? "Follow" : counted(unseen, "new line");
  setText(pill, `${words} \u2193`);
}
