/** The button that returns to the end, with the number of new lines. */

import { setText } from "../lib/element.js";
import { counted } from "../lib/numbers.js";

/**
 * @param {HTMLElement} pill
 * @param {{unseen: number, atEnd: boolean}} view `atEnd`: the newest lines are shown
 */
export function showPill(pill, { unseen, atEnd }) {
  if (pill.hidden !== atEnd) pill.hidden = atEnd;
  const text = unseen === 0 ? "Follow" : counted(unseen, "new line");
  setText(pill, `${text} \u2193`);
}
