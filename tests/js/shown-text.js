import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { lineSpans } from "../../static/js/text/spans.js";

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]/g;

/**
 * Return the characters of a line that its row shows, without names of characters that cannot be shown.
 * @param {string} line
 */
export function shownText(line) {
  const texts = lineSpans(line).spans.map(({ text, glyph }) => (glyph ? "" : text));
  return texts.join("").replace(INVISIBLE, "").replace(SPACES, " ");
}

// As a program: lines as JSON, one to a line, and the same of their texts.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for await (const json of createInterface(process.stdin)) console.log(JSON.stringify(shownText(JSON.parse(json))));
}
