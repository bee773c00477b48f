/** One table of keys: it drives the handler, the help and the hints on buttons. */

import { element } from "../lib/element.js";

/** @typedef {import("./commands.js").Command} Command */
/** @typedef {import("./commands.js").Commands} Commands */

/** @type {readonly {key: string, command: Command, says: string}[]} */
export const KEYS = [
  { key: "F", command: "follow", says: "follow the end, or stop following" },
  { key: "=", command: "pause", says: "pause, or go on" },
  { key: "G", command: "end", says: "go to the end and follow" },
  { key: "g", command: "start", says: "go to the first line on this page" },
  { key: "w", command: "wrap", says: "wrap long lines, or not" },
  { key: "?", command: "help", says: "this help" },
];

/**
 * @param {Commands} commands
 * @param {import("../lib/signal.js").Readable<boolean>} enabled
 */
export function listenForKeys(commands, enabled) {
  document.addEventListener("keydown", (event) => {
    if (!enabled.value || event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
    const found = KEYS.find(({ key }) => key === event.key);
    if (!found) return;
    event.preventDefault();
    commands[found.command]();
  });
}

/** @param {HTMLElement} table */
export function fillHelp(table) {
  for (const { key, says } of KEYS) {
    table.append(element("dt", "", element("kbd", "", key)), element("dd", "", says));
  }
}

/** Adds the key to the title of each button that has one. */
export function hintButtons() {
  for (const { key, command } of KEYS) {
    for (const button of document.querySelectorAll(`button[data-command="${command}"]`)) {
      button.setAttribute("aria-keyshortcuts", key.length === 1 && key !== key.toLowerCase() ? `Shift+${key}` : key);
      button.setAttribute("title", `${button.getAttribute("title") ?? ""} (${key})`.trim());
    }
  }
}

/**
 * Typing in a field, or in front of an open dialog.
 * @param {EventTarget | null} target
 */
function isBusy(target) {
  const types =
    target instanceof Element && target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]");
  return types || document.querySelector("dialog[open]") !== null;
}
