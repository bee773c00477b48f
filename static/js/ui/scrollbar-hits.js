/** Search hits beside the scrollbar, more opaque where they are denser. */

const WIDTH = 6;

export class ScrollbarHits {
  #canvas;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  /** @param {readonly number[]} counts hits in each part of the files, first part first; empty to hide them */
  show(counts) {
    const canvas = this.#canvas;
    const max = Math.max(0, ...counts);
    canvas.hidden = max === 0;
    if (max === 0) return;
    // One pixel per part; CSS stretches the canvas to the height of the list.
    canvas.width = WIDTH;
    canvas.height = counts.length;
    const context = canvas.getContext("2d");
    if (!context) return;
    context.fillStyle = getComputedStyle(canvas).color;
    counts.forEach((count, part) => {
      if (count === 0) return;
      context.globalAlpha = 0.45 + 0.55 * (count / max);
      context.fillRect(0, part, WIDTH, 1);
    });
  }
}
