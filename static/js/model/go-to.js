/** Parser for the "Go to" field: a line, a percentage, a relative number of lines, start or end. */

/**
 * `line` counts from 1, `percent` from 0 to 100, `lines` is positive downwards.
 * @typedef {{kind: "line", line: number} | {kind: "percent", percent: number} | {kind: "relative", lines: number}
 *   | {kind: "start"} | {kind: "end"}} Target
 */

const START = /^(?:start|top|first|\^)$/i;
const END = /^(?:end|bottom|last|\$)$/i;

/**
 * @param {string} typed
 * @returns {{target: Target} | {error: string, isTime?: boolean}} `error` is a message; `isTime` means that the
 *   text may be a time, which the server parses
 */
export function parseGoTo(typed) {
  // A number may be pasted with group separators.
  const text = typed.trim().replaceAll(/(?<=\d)[,_'\u2019\u00a0\u202f ](?=\d{3}(?!\d))/g, "");
  if (text === "") return { error: "Enter a line, percent or time." };
  if (START.test(text)) return { target: { kind: "start" } };
  if (END.test(text)) return { target: { kind: "end" } };
  const error = `Not a line, percent or time: \u201c${text.slice(0, 40)}\u201d.`;
  return percentOf(text) ?? relativeOf(text) ?? lineOf(text) ?? { error, isTime: true };
}

/** @param {string} text */
function percentOf(text) {
  const match = /^(\d{1,3}(?:[.,]\d{0,9})?)\s*%$/.exec(text);
  if (!match) return null;
  const percent = Number(match[1].replace(",", "."));
  if (percent > 100) return { error: "The percentage must be at most 100 %." };
  return { target: /** @type {const} */ ({ kind: "percent", percent }) };
}

/** @param {string} text */
function relativeOf(text) {
  const match = /^([+\-\u2212])\s*(\d{1,15})$/.exec(text);
  if (!match) return null;
  const lines = Number(match[2]) * (match[1] === "+" ? 1 : -1);
  return { target: /** @type {const} */ ({ kind: "relative", lines }) };
}

/** @param {string} text */
function lineOf(text) {
  if (!/^\d{1,15}$/.test(text)) return null;
  if (Number(text) === 0) return { error: "Line numbers start at 1." };
  return { target: /** @type {const} */ ({ kind: "line", line: Number(text) }) };
}
