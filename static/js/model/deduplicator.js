/** Which live lines an answer has already brought: what is asked for and what comes by itself overlap. */

/** @typedef {import("./rows.js").LineRow} LineRow */

// As many as a stream begins with; what is not among them does not come again.
const OVERLAP = 500;

export class Deduplicator {
  /** The highest number that came, by file. @type {Map<string, number>} */
  #lastNumbers = new Map();
  /** Of sources whose lines have no numbers yet, the last one's text. @type {Map<string, {text: string, left: number}>} */
  #lastTexts = new Map();
  /** The time of the first line of the answer. @type {number | null} */
  #since = null;

  /**
   * @param {readonly LineRow[]} rows the last ones that there are
   * @param {readonly import("./file-lines.js").FileInfo[]} [files] all that there are, where all their lines are in the view
   */
  addAnswer(rows, files = []) {
    const inThem = new Set(rows.map(({ file }) => file));
    // Of a file that ended long before the others, not one of its last lines is among those of the view.
    for (const { file, first, lines, counted, size } of files) {
      if (!inThem.has(file) && counted === size) this.#lastNumbers.set(file, first + lines - 1);
    }
    this.#since = rows.length > 0 ? rows[0].time : null;
    for (const { source, file, n, text } of rows) {
      if (n === null) this.#lastTexts.set(source, { text, left: OVERLAP });
      else this.#lastNumbers.set(file, Math.max(n, this.#lastNumbers.get(file) ?? 0));
    }
  }

  /**
   * @param {LineRow[]} rows of one source, that came live
   * @returns {LineRow[]} those that did not come before
   */
  withoutDuplicates(rows) {
    return rows.filter(({ source, file, n, text, time }) => {
      if (n !== null) return n > (this.#lastNumbers.get(file) ?? 0);
      const last = this.#lastTexts.get(source);
      if (!last) return time === null || this.#since === null || time >= this.#since;
      last.left -= 1;
      if (last.text === text || last.left === 0) this.#lastTexts.delete(source);
      return false;
    });
  }
}
