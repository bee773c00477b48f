/**
 * Terminal sequences are taken out: colours (SGR) and other CSI, strings such as OSC with what they carry, and character
 * set choices. One without its end stays, so that nobody can hide the rest of a line behind it.
 */

// CSI | OSC, DCS, SOS, PM, APC up to BEL or ST | character set.
// No branch runs past the next introducer, so time is linear.
const SEQUENCE =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)|\x1b[()*+][ -~]/g;
const START = /[\x1b\x90-\x9f]/;

/** @param {string} line */
export function stripAnsi(line) {
  return START.test(line) ? line.replace(SEQUENCE, "") : line;
}
