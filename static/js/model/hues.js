/** Which colour stands for which chosen source: the lowest free one, kept for as long as the source is chosen. */

export const HUE_COUNT = 8;

export class Hues {
  /** @type {Map<string, number>} */
  #taken = new Map();

  /** @param {readonly string[]} sources those that are chosen now */
  assign(sources) {
    for (const id of this.#taken.keys()) if (!sources.includes(id)) this.#taken.delete(id);
    for (const id of sources) if (!this.#taken.has(id)) this.#taken.set(id, this.#free());
  }

  /**
   * @param {string} source
   * @returns {number | null} from 0; null when it is not chosen
   */
  of(source) {
    return this.#taken.get(source) ?? null;
  }

  #free() {
    const used = new Set(this.#taken.values());
    for (let hue = 0; hue < HUE_COUNT; hue += 1) if (!used.has(hue)) return hue;
    // More sources than colours: the name beside the stripe tells them apart.
    return this.#taken.size % HUE_COUNT;
  }
}
