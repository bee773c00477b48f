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
/** @typedef {{title: string, entries: readonly CommandEntry[]}} CommandGroup */

export const COMMAND_GROUPS = /** @type {const} @satisfies {readonly CommandGroup[]} */ ([
  {
    title: "View",
    entries: [
      {
        command: "follow",
        keys: ["F"],
        label: "follow the end, on or off",
        menuLabel: "Follow the end",
        state: "switch",
      },
      { command: "pause", keys: ["="], label: "pause or resume", menuLabel: "Pause", state: "switch" },
      { command: "split", keys: ["|"], label: "split view, on or off", menuLabel: "Split view", state: "switch" },
      { command: "other-pane", keys: ["o"], label: "switch to the other view" },
      { command: "close-pane", keys: ["q"], label: "close this view" },
      { command: "sources", keys: ["s"], label: "find a source" },
      {
        command: "side",
        keys: ["S"],
        label: "show or hide the source list",
        menuLabel: "Source list",
        state: "switch",
      },
    ],
  },
  {
    title: "Move",
    entries: [
      { command: "down", keys: ["j", "ArrowDown"], label: "one line down" },
      { command: "up", keys: ["k", "ArrowUp"], label: "one line up" },
      { command: "page-down", keys: [" ", "f", "PageDown"], label: "one page down" },
      { command: "page-up", keys: ["b", "PageUp", "Shift+ "], label: "one page up" },
      { command: "half-down", keys: ["d"], label: "half a page down" },
      { command: "half-up", keys: ["D"], label: "half a page up" },
      { command: "left", keys: ["h", "ArrowLeft"], label: "scroll left" },
      { command: "right", keys: ["l", "ArrowRight"], label: "scroll right" },
      { command: "start", keys: ["g", "Home"], label: "go to the first line", menuLabel: "Go to the first line" },
      { command: "end", keys: ["G", "End"], label: "go to the end and follow", menuLabel: "Go to the end" },
      {
        command: "go-to",
        keys: [":"],
        label: "go to a line, percent or time\u2026",
        menuLabel: "Go to line or time\u2026",
      },
    ],
  },
  {
    title: "Search",
    entries: [
      { command: "search", keys: ["/"], label: "search or filter", menuLabel: "Search and filter\u2026" },
      { command: "next-hit", keys: ["n"], label: "next hit" },
      { command: "previous-hit", keys: ["N"], label: "previous hit" },
      { command: "next-error", keys: ["e"], label: "next error", menuLabel: "Next error" },
      { command: "previous-error", keys: ["E"], label: "previous error", menuLabel: "Previous error" },
      { command: "next-warning", keys: ["w"], label: "next warning" },
      { command: "previous-warning", keys: ["W"], label: "previous warning" },
      { command: "time-range", keys: ["@"], label: "filter by time range\u2026", menuLabel: "Time range\u2026" },
      { command: "highlights", keys: ["*"], label: "highlight words\u2026", menuLabel: "Highlight words\u2026" },
      { command: "clear-filter", keys: ["\\"], label: "clear filters", menuLabel: "Clear filters" },
    ],
  },
  {
    title: "Bookmarks",
    entries: [
      { command: "bookmark", keys: ["m"], label: "add or remove a bookmark" },
      { command: "next-bookmark", keys: ["u"], label: "next bookmark", menuLabel: "Next bookmark" },
      { command: "previous-bookmark", keys: ["U"], label: "previous bookmark", menuLabel: "Previous bookmark" },
      { command: "bookmarks", keys: ["M"], label: "list bookmarks\u2026", menuLabel: "Bookmarks\u2026" },
    ],
  },
  {
    title: "Line",
    entries: [
      { command: "line-menu", keys: ["Enter"], label: "menu of the current line\u2026" },
      { command: "copy", keys: ["c"], label: "copy the selection or the current line" },
      {
        command: "copy-link",
        keys: ["y"],
        label: "copy a link to the current line",
        menuLabel: "Copy link to current line",
      },
      { command: "pretty", keys: ["p"], label: "pretty-print JSON of the current line" },
      { command: "expand", keys: ["x"], label: "show all of the current line" },
      { command: "around", keys: ["a"], label: "show or hide nearby lines" },
    ],
  },
  {
    title: "Appearance",
    entries: [
      { command: "wrap", keys: ["z"], label: "wrap long lines", menuLabel: "Wrap long lines", state: "switch" },
      { command: "numbers", keys: ["#"], label: "line numbers", menuLabel: "Line numbers", state: "switch" },
      { command: "histogram", keys: ["v"], label: "histogram", menuLabel: "Histogram", state: "switch" },
      { command: "fields", keys: ["J"], label: "JSON as key=value", menuLabel: "JSON as key=value", state: "switch" },
      { command: "times", keys: ["t"], label: "time column", menuLabel: "Time column", state: "value" },
      { command: "zone", keys: ["T"], label: "time zone", menuLabel: "Time zone", state: "value" },
      { command: "theme", keys: ["i"], label: "theme", menuLabel: "Theme", state: "value" },
    ],
  },
  {
    title: "Page",
    entries: [
      { command: "download", keys: [], label: "download", menuLabel: "Download" },
      { command: "menu", keys: [","], label: "menu" },
      { command: "help", keys: ["?"], label: "keyboard shortcuts", menuLabel: "Keyboard shortcuts\u2026" },
    ],
  },
]);

/**
 * @typedef {(typeof COMMAND_GROUPS)[number]["entries"][number]["command"] | "close-search" | "retry" | "restart"
 *   | "reload"} Command
 */
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
