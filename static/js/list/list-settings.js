/** Applies the settings to a list: wrapping, columns, times, fields. */

const TIME_WIDTHS = { off: 0, absolute: 12, relative: 8 };

/**
 * @param {HTMLElement} log
 * @param {import("../model/settings.js").Settings} settings
 * @param {import("./viewport.js").Viewport} viewport
 * @param {import("./row-state.js").RowState} rowState
 * @returns {(() => void)[]} functions that unsubscribe
 */
export function applyListSettings(log, settings, viewport, rowState) {
  return [
    settings.wrap.subscribe((on) => {
      log.classList.toggle("wrap", on);
      viewport.setVariableHeights(on || rowState.hasTall);
    }),
    settings.numbers.subscribe((on) => {
      log.classList.toggle("hide-numbers", !on);
      viewport.restyle();
    }),
    settings.times.subscribe((times) => {
      log.classList.toggle("show-time", times !== "off");
      log.style.setProperty("--time-width", `${TIME_WIDTHS[times]}ch`);
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
