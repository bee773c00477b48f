/** Shows settings on the buttons of the top bar, status bar and menu, and on the root element. */

/** @typedef {import("../model/settings.js").Settings} Settings */
/** @typedef {import("./commands.js").Command} Command */

/**
 * Show each setting on its buttons. Lists apply settings themselves.
 * @param {Settings} settings
 */
export function showSettings({ theme, wrap, numbers, times, zone, side, histogram, fields }) {
  const { dataset } = document.documentElement;
  theme.subscribe((name) => {
    if (name === "auto") delete dataset.theme;
    else dataset.theme = name;
    showValue("theme", name);
  });
  wrap.subscribe((on) => showPressed("wrap", on));
  numbers.subscribe((on) => showPressed("numbers", on));
  histogram.subscribe((on) => showPressed("histogram", on));
  fields.subscribe((on) => showPressed("fields", on));
  times.subscribe((name) => showValue("times", name));
  zone.subscribe((name) => showValue("zone", name === "utc" ? "UTC" : name));
  side.subscribe((on) => {
    dataset.side = on ? "on" : "off";
    showPressed("side", on);
  });
}

/**
 * @param {Command} command
 * @param {boolean} on
 */
export function showPressed(command, on) {
  const pressed = String(on);
  for (const button of buttonsFor(command)) {
    if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
  }
}

/**
 * @param {Command} command
 * @param {string} value
 */
export function showValue(command, value) {
  for (const button of buttonsFor(command)) button.querySelector(".value")?.replaceChildren(value);
}

/** @param {Command} command */
function buttonsFor(command) {
  return document.querySelectorAll(`button[data-command="${command}"]`);
}
