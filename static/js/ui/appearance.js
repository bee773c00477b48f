/** The theme and the buttons that show a choice as pressed. */

/** @typedef {import("../model/settings.js").Theme} Theme */
/** @typedef {import("./commands.js").Command} Command */

/** @param {Theme} theme */
export function showTheme(theme) {
  const { dataset } = document.documentElement;
  if (theme === "auto") delete dataset.theme;
  else dataset.theme = theme;
  for (const button of buttonsFor("theme")) button.querySelector(".label")?.replaceChildren(theme);
}

/**
 * @param {Command} command
 * @param {boolean} on
 */
export function showPressed(command, on) {
  for (const button of buttonsFor(command)) button.setAttribute("aria-pressed", String(on));
}

/** @param {Command} command */
function buttonsFor(command) {
  return document.querySelectorAll(`button[data-command="${command}"]`);
}
