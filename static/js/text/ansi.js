/**
 * Terminal sequences are taken out: colours (SGR) and other CSI, strings such as OSC with what they carry, and choices
 * of character sets. One without its end stays, so that nobody can hide the rest of a line behind it.
 */

// No branch runs past the next introducer, so time is linear.
const CSI = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]/;
const STRING = /(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)/;
const CHARACTER_SET = /\x1b[()*+][ -~]/;
const SEQUENCE = new RegExp([CSI, STRING, CHARACTER_SET].map((part) => part.source).join("|"), "g");
const START = /[\x1b\x90-\x9f]/;

/** @param {string} line */
export function stripAnsi(line) {
  return START.test(line) ? line.replace(SEQUENCE, "") : line;
}
