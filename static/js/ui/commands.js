/** The table of commands. Keys, help, menu and button hints are derived from it. */

/**
 * Keys are values of `KeyboardEvent.key`. "Shift+" is written only before named keys and space.
 * @typedef {object} CommandEntry
 * @property {string} command
 * @property {readonly string[]} keys the help lists all, a button shows the first
 * @property {string} label
 * @property {string} [menuLabel] label in the menu, if the command is in the menu
 * @property {"switch" | "value"} [state] state shown beside the menu label
 */

export const COMMAND_GROUPS = /** @type {const} @satisfies {readonly {title: string, entries: readonly CommandEntry[]}[]} */ ([
  {
    title: "View",
    entries: [
      { command: "follow", keys: ["F"], label: "follow the end, or stop it", menuLabel: "Follow the end", state: "switch" },
      { command: "pause", keys: ["="], label: "pause, or go on", menuLabel: "Pause", state: "switch" },
      { command: "split", keys: ["|"], label: "two views side by side, or one", menuLabel: "Split view", state: "switch" },
      { command: "other-pane", keys: ["o"], label: "to the other view" },
      { command: "close-pane", keys: ["q"], label: "close this view" },
      { command: "sources", keys: ["s"], label: "find a source" },
      { command: "side", keys: ["S"], label: "show or hide the sources", menuLabel: "List of sources", state: "switch" },
    ],
  },
  {
    title: "Move",
    entries: [
      { command: "down", keys: ["j", "ArrowDown"], label: "a line down" },
      { command: "up", keys: ["k", "ArrowUp"], label: "a line up" },
      { command: "page-down", keys: [" ", "f", "PageDown"], label: "a page down" },
      { command: "page-up", keys: ["b", "PageUp", "Shift+ "], label: "a page up" },
      { command: "half-down", keys: ["d"], label: "half a page down" },
      { command: "half-up", keys: ["D"], label: "half a page up" },
      { command: "left", keys: ["h", "ArrowLeft"], label: "to the left" },
      { command: "right", keys: ["l", "ArrowRight"], label: "to the right" },
      { command: "start", keys: ["g", "Home"], label: "to the first line", menuLabel: "To the first line" },
      { command: "end", keys: ["G", "End"], label: "to the end, and follow", menuLabel: "To the end" },
      { command: "go-to", keys: [":"], label: "to a line, percent or time\u2026", menuLabel: "Go to line or time\u2026" },
    ],
  },
  {
    title: "Search",
    entries: [
      { command: "search", keys: ["/"], label: "search, or filter", menuLabel: "Search and filter\u2026" },
      { command: "next-hit", keys: ["n"], label: "to the next hit" },
      { command: "previous-hit", keys: ["N"], label: "to the previous hit" },
      { command: "next-error", keys: ["e"], label: "to the next error", menuLabel: "Next error" },
      { command: "previous-error", keys: ["E"], label: "to the previous error", menuLabel: "Previous error" },
      { command: "next-warning", keys: ["w"], label: "to the next warning" },
      { command: "previous-warning", keys: ["W"], label: "to the previous warning" },
      { command: "time-range", keys: ["@"], label: "only a span of time\u2026", menuLabel: "Span of time\u2026" },
      { command: "highlights", keys: ["*"], label: "highlight words\u2026", menuLabel: "Highlight\u2026" },
      { command: "clear-filter", keys: ["\\"], label: "all lines again", menuLabel: "All lines again" },
    ],
  },
  {
    title: "Bookmarks",
    entries: [
      { command: "bookmark", keys: ["m"], label: "mark the current line, or unmark it" },
      { command: "next-bookmark", keys: ["u"], label: "to the next bookmark", menuLabel: "Next bookmark" },
      { command: "previous-bookmark", keys: ["U"], label: "to the previous bookmark", menuLabel: "Previous bookmark" },
      { command: "bookmarks", keys: ["M"], label: "all bookmarks\u2026", menuLabel: "Bookmarks\u2026" },
    ],
  },
  {
    title: "Line",
    entries: [
      { command: "line-menu", keys: ["Enter"], label: "what can be done with the current line\u2026" },
      { command: "copy", keys: ["c"], label: "copy the current line" },
      { command: "copy-link", keys: ["y"], label: "copy a link to the current line", menuLabel: "Copy link to this place" },
      { command: "pretty", keys: ["p"], label: "JSON of the current line, spread out" },
      { command: "expand", keys: ["x"], label: "the current line in full" },
      { command: "around", keys: ["a"], label: "the lines around the current one, or hide them" },
    ],
  },
  {
    title: "Looks",
    entries: [
      { command: "wrap", keys: ["z"], label: "wrap long lines", menuLabel: "Wrap long lines", state: "switch" },
      { command: "numbers", keys: ["#"], label: "line numbers", menuLabel: "Line numbers", state: "switch" },
      { command: "histogram", keys: ["v"], label: "lines over time", menuLabel: "Lines over time", state: "switch" },
      { command: "fields", keys: ["J"], label: "JSON as key=value", menuLabel: "JSON as key=value", state: "switch" },
      { command: "times", keys: ["t"], label: "time column", menuLabel: "Time column", state: "value" },
      { command: "zone", keys: ["T"], label: "time zone", menuLabel: "Time zone", state: "value" },
      { command: "theme", keys: ["i"], label: "theme", menuLabel: "Theme", state: "value" },
    ],
  },
  {
    title: "Page",
    entries: [
      { command: "download", keys: [], label: "download the lines", menuLabel: "Download the lines" },
      { command: "menu", keys: [","], label: "the menu" },
      { command: "help", keys: ["?"], label: "keys", menuLabel: "Keys\u2026" },
    ],
  },
]);

/** @typedef {(typeof COMMAND_GROUPS)[number]["entries"][number]["command"] | "close-search" | "retry" | "restart" | "reload"} Command */
/** @typedef {Record<Command, () => void>} Commands */

/** @type {readonly (CommandEntry & {command: Command})[]} */
export const COMMANDS = COMMAND_GROUPS.flatMap(({ entries }) => [...entries]);

/** @param {Commands} commands */
export function listenForClicks(commands) {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-command]") : null;
    const name = button?.getAttribute("data-command");
    if (name && Object.hasOwn(commands, name)) commands[/** @type {Command} */ (name)]();
  });
}
