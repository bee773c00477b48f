/** Assigns colors to selected sources: the lowest free color, kept while the source is selected. */

export const COLOR_COUNT = 8;

export class SourceColors {
  /** @type {Map<string, number>} */
  #colors = new Map();

  /** @param {readonly string[]} sources the selected sources */
  assign(sources) {
    for (const id of this.#colors.keys()) if (!sources.includes(id)) this.#colors.delete(id);
    for (const id of sources) if (!this.#colors.has(id)) this.#colors.set(id, this.#free());
  }

  /**
   * @param {string} source
   * @returns {number | null} color index from 0; null if the source is not selected
   */
  of(source) {
    return this.#colors.get(source) ?? null;
  }

  #free() {
    const used = new Set(this.#colors.values());
    for (let color = 0; color < COLOR_COUNT; color += 1) if (!used.has(color)) return color;
    // More sources than colors: the names beside the stripes still differ.
    return this.#colors.size % COLOR_COUNT;
  }
}
