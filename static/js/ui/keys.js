/** Keyboard shortcuts. The user can turn off keys that type a character. */

import { element } from "../lib/element.js";
import { COMMAND_GROUPS, COMMANDS } from "./commands.js";

/** @typedef {import("./commands.js").Commands} Commands */

/** @type {Record<string, string>} */
const NAMES = {
  " ": "space",
  "Shift+ ": "\u21e7 space",
  ArrowUp: "\u2191",
  ArrowDown: "\u2193",
  ArrowLeft: "\u2190",
  ArrowRight: "\u2192",
  PageUp: "PgUp",
  PageDown: "PgDn",
  Enter: "enter",
};

/** @type {Map<string, (typeof COMMANDS)[number]>} */
const BY_KEY = new Map(COMMANDS.flatMap((entry) => entry.keys.map((key) => [key, entry])));

/**
 * @param {Commands} commands
 * @param {import("../lib/signal.js").Readable<boolean>} enabled
 */
export function listenForKeys(commands, enabled) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || hasModifier(event) || isHandledElsewhere(event)) return;
    const key = keyOf(event);
    const entry = BY_KEY.get(key);
    if (!entry || (!enabled.value && key.length === 1 && key !== " ")) return;
    event.preventDefault();
    if (!event.repeat || !entry.state) commands[entry.command]();
  });
}

/**
 * List all commands with keys by group.
 * @param {HTMLElement} container
 */
export function fillHelp(container) {
  for (const { title, entries } of COMMAND_GROUPS) {
    const table = element("dl", "keys");
    for (const { keys, label } of entries) {
      if (keys.length === 0) continue;
      const names = keys.map((key) => element("kbd", "", keyName(key)));
      table.append(element("dt", "", ...names), element("dd", "", label));
    }
    container.append(element("section", "", element("h3", "", title), table));
  }
}

/**
 * Append the first key to the title of each button that has a title.
 * @param {ParentNode} [container]
 */
export function hintButtons(container = document) {
  for (const { keys, command } of COMMANDS) {
    if (keys.length === 0) continue;
    for (const button of container.querySelectorAll(`button[data-command="${command}"]`)) hintButton(button, keys[0]);
  }
}

/**
 * @param {Element} button
 * @param {string} key
 */
export function hintButton(button, key) {
  button.setAttribute("aria-keyshortcuts", /^[A-Z]$/.test(key) ? `Shift+${key}` : key);
  const title = button.getAttribute("title");
  if (title) button.setAttribute("title", `${title} (${keyName(key)})`);
}

/**
 * Return the label of a key.
 * @param {string} key
 */
export function keyName(key) {
  return NAMES[key] ?? key;
}

/** @param {KeyboardEvent} event */
function keyOf({ key, shiftKey }) {
  return shiftKey && (key === " " || key.length > 1) ? `Shift+${key}` : key;
}

/**
 * Ctrl, Meta and Alt belong to the browser, but many keyboards type punctuation with AltGr or Option.
 * @param {KeyboardEvent} event
 */
function hasModifier(event) {
  if (event.getModifierState("AltGraph")) return false;
  return event.ctrlKey || event.metaKey || (event.altKey && !/^[^\w\s]$/.test(event.key));
}

/**
 * Whether the key belongs to a text field, an open dialog, or the focused control.
 * @param {KeyboardEvent} event
 */
function isHandledElsewhere({ target, key }) {
  if (document.querySelector("dialog[open]")) return true;
  if (!(target instanceof Element)) return false;
  if (target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")) return true;
  return (key === " " || key === "Enter") && target.matches("button, a, summary, input");
}
