/** Which live lines an answer has already brought: what is asked for and what comes by itself overlap. */

/** @typedef {import("./rows.js").LineRow} LineRow */

// As many as a stream begins with; what is not among them does not come again.
const OVERLAP = 500;

export class Seen {
  /** The highest number that came, by file. @type {Map<string, number>} */
  #numbers = new Map();
  /** Of sources whose lines have no numbers yet, the last one's text. @type {Map<string, {text: string, left: number}>} */
  #texts = new Map();

  /** @param {readonly LineRow[]} rows the last ones that there are */
  add(rows) {
    for (const { source, file, n, text } of rows) {
      if (n === null) this.#texts.set(source, { text, left: OVERLAP });
      else this.#numbers.set(file, Math.max(n, this.#numbers.get(file) ?? 0));
    }
  }

  /**
   * @param {LineRow[]} rows of one source, that came live
   * @returns {LineRow[]} those that did not come before
   */
  fresh(rows) {
    return rows.filter(({ source, file, n, text }) => {
      if (n !== null) return n > (this.#numbers.get(file) ?? 0);
      const last = this.#texts.get(source);
      if (!last) return true;
      last.left -= 1;
      if (last.text === text || last.left === 0) this.#texts.delete(source);
      return false;
    });
  }
}
