/** The list in the looks that a reader chose: wrapped or not, with which columns. */

const TIME_WIDTHS = { off: 0, absolute: 12, relative: 8 };

/**
 * @param {HTMLElement} log
 * @param {import("../model/settings.js").Settings} settings
 * @param {import("./viewport.js").Viewport} viewport
 * @param {import("./looks.js").Looks} looks
 * @returns {(() => void)[]} the ways out
 */
export function showModes(log, settings, viewport, looks) {
  return [
    settings.wrap.subscribe((on) => {
      log.classList.toggle("wrap", on);
      viewport.vary(on || looks.hasTall);
    }),
    settings.numbers.subscribe((on) => {
      log.classList.toggle("hide-numbers", !on);
      viewport.restyle();
    }),
    settings.times.subscribe((what) => {
      log.classList.toggle("show-time", what !== "off");
      log.style.setProperty("--time-width", `${TIME_WIDTHS[what]}ch`);
      viewport.restyle();
      viewport.refresh();
    }),
    settings.zone.subscribe(() => viewport.refresh()),
    settings.fields.subscribe(() => {
      viewport.restyle();
      viewport.refresh();
    }),
  ];
}
