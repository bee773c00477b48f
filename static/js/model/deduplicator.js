/** Drops live lines that an answer of `/api/lines` already contained: both overlap. */

/** @typedef {import("./rows.js").LineRow} LineRow */

// The number of lines that a stream starts with; later lines are not repeated.
const OVERLAP = 500;

export class Deduplicator {
  /** Highest line number received, by file. @type {Map<string, number>} */
  #lastNumbers = new Map();
  /** Text of the last line, by source, for lines without numbers. @type {Map<string, {text: string, left: number}>} */
  #lastTexts = new Map();
  /** Time of the first line of the answer. @type {number | null} */
  #since = null;

  /**
   * @param {readonly LineRow[]} rows the last lines of the view
   * @param {readonly import("./file-lines.js").FileInfo[]} [files] all files of the view, if the view contains all
   *   their lines
   */
  addAnswer(rows, files = []) {
    const answeredFiles = new Set(rows.map(({ file }) => file));
    // The answer may hold no line of a file that ended long before the others.
    for (const { file, first, lines, counted, size } of files) {
      if (!answeredFiles.has(file) && counted === size) this.#lastNumbers.set(file, first + lines - 1);
    }
    this.#since = rows.length > 0 ? rows[0].time : null;
    for (const { source, file, n, text } of rows) {
      if (n === null) this.#lastTexts.set(source, { text, left: OVERLAP });
      else this.#lastNumbers.set(file, Math.max(n, this.#lastNumbers.get(file) ?? 0));
    }
  }

  /**
   * @param {LineRow[]} rows live rows of one source
   * @returns {LineRow[]} the rows that were not received before
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
