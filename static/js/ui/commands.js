/** Every command has a name; buttons carry it in `data-command`, keys in their table. */

/**
 * @typedef {"follow" | "pause" | "end" | "start" | "wrap" | "theme" | "help" | "sources"
 *   | "retry" | "restart" | "reload"} Command
 */
/** @typedef {Record<Command, () => void>} Commands */

/** @param {Commands} commands */
export function listenForClicks(commands) {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-command]") : null;
    const name = button?.getAttribute("data-command");
    if (name && Object.hasOwn(commands, name)) commands[/** @type {Command} */ (name)]();
  });
}
