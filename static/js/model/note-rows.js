/** Note rows of a view (gaps, state changes), between the lines. */

/** @typedef {import("./rows.js").NoteRow} NoteRow */
/** @typedef {{row: NoteRow, before: number}} NotePosition `before` is the index of the line below the note */

const MAX = 500;

export class NoteRows {
  /** @type {NotePosition[]} in order */
  #notes = [];

  /** Number of notes. */
  get count() {
    return this.#notes.length;
  }

  /**
   * @param {NoteRow} row
   * @param {number} before
   */
  add(row, before) {
    this.#notes.push({ row, before });
    if (this.#notes.length > MAX) this.#notes.shift();
  }

  /** Add `delta` to the line index of every note. @param {number} delta */
  shift(delta) {
    for (const note of this.#notes) note.before += delta;
  }

  /** Return the row of a line. @param {number} index */
  rowOf(index) {
    return index + this.#notes.filter(({ before }) => before <= index).length;
  }

  /** Return the row of a note. @param {NoteRow} wanted @returns {number | null} */
  rowOfNote(wanted) {
    const number = this.#notes.findIndex(({ row }) => row === wanted);
    return number < 0 ? null : this.#notes[number].before + number;
  }

  /**
   * Return the note or the line index of a row.
   * @param {number} row
   * @returns {{note: NoteRow | null, index: number}} for a note, the index of the line below it
   */
  at(row) {
    let above = 0;
    for (const { row: note, before } of this.#notes) {
      if (before + above === row) return { note, index: before };
      if (before + above > row) break;
      above += 1;
    }
    return { note: null, index: row - above };
  }
}
