/** The one table of commands: it drives keys, help, menu and the hints on buttons. Buttons carry the name. */

/**
 * A key is what `KeyboardEvent.key` says. "Shift+" is written only before a named key and space.
 * @typedef {object} Entry
 * @property {string} command
 * @property {readonly string[]} keys the help shows all, a button the first
 * @property {string} words
 * @property {string} [menu] how it is called in the menu, if it is there
 * @property {"switch" | "value"} [state] what a menu entry shows beside its words
 */

export const GROUPS = /** @type {const} @satisfies {readonly {title: string, entries: readonly Entry[]}[]} */ ([
  {
    title: "View",
    entries: [
      { command: "follow", keys: ["F"], words: "follow the end, or stop it", menu: "Follow the end", state: "switch" },
      { command: "pause", keys: ["="], words: "pause, or go on", menu: "Pause", state: "switch" },
      { command: "split", keys: ["|"], words: "two views side by side, or one", menu: "Split view", state: "switch" },
      { command: "other-pane", keys: ["o"], words: "to the other view" },
      { command: "close-pane", keys: ["q"], words: "close this view" },
      { command: "sources", keys: ["s"], words: "find a source" },
      { command: "side", keys: ["S"], words: "show or hide the sources", menu: "List of sources", state: "switch" },
    ],
  },
  {
    title: "Move",
    entries: [
      { command: "down", keys: ["j", "ArrowDown"], words: "a line down" },
      { command: "up", keys: ["k", "ArrowUp"], words: "a line up" },
      { command: "page-down", keys: [" ", "f", "PageDown"], words: "a page down" },
      { command: "page-up", keys: ["b", "PageUp", "Shift+ "], words: "a page up" },
      { command: "half-down", keys: ["d"], words: "half a page down" },
      { command: "half-up", keys: ["D"], words: "half a page up" },
      { command: "left", keys: ["h", "ArrowLeft"], words: "to the left" },
      { command: "right", keys: ["l", "ArrowRight"], words: "to the right" },
      { command: "start", keys: ["g", "Home"], words: "to the first line", menu: "To the first line" },
      { command: "end", keys: ["G", "End"], words: "to the end, and follow", menu: "To the end" },
      { command: "go-to", keys: [":"], words: "to a line, percent or time\u2026", menu: "Go to line or time\u2026" },
    ],
  },
  {
    title: "Search",
    entries: [
      { command: "search", keys: ["/"], words: "search, or filter", menu: "Search and filter\u2026" },
      { command: "next-hit", keys: ["n"], words: "to the next hit" },
      { command: "previous-hit", keys: ["N"], words: "to the previous hit" },
      { command: "next-error", keys: ["e"], words: "to the next error", menu: "Next error" },
      { command: "previous-error", keys: ["E"], words: "to the previous error", menu: "Previous error" },
      { command: "next-warning", keys: ["w"], words: "to the next warning" },
      { command: "previous-warning", keys: ["W"], words: "to the previous warning" },
      { command: "span", keys: ["@"], words: "only a span of time\u2026", menu: "Span of time\u2026" },
      { command: "terms", keys: ["*"], words: "highlight words\u2026", menu: "Highlight\u2026" },
      { command: "clear-filter", keys: ["\\"], words: "all lines again", menu: "All lines again" },
    ],
  },
  {
    title: "Bookmarks",
    entries: [
      { command: "mark", keys: ["m"], words: "mark the current line, or unmark it" },
      { command: "next-mark", keys: ["u"], words: "to the next bookmark", menu: "Next bookmark" },
      { command: "previous-mark", keys: ["U"], words: "to the previous bookmark", menu: "Previous bookmark" },
      { command: "marks", keys: ["M"], words: "all bookmarks\u2026", menu: "Bookmarks\u2026" },
    ],
  },
  {
    title: "Line",
    entries: [
      { command: "line-menu", keys: ["Enter"], words: "what can be done with the current line\u2026" },
      { command: "copy", keys: ["c"], words: "copy the current line" },
      { command: "copy-link", keys: ["y"], words: "copy a link to the current line", menu: "Copy link to this place" },
      { command: "pretty", keys: ["p"], words: "JSON of the current line, spread out" },
      { command: "expand", keys: ["x"], words: "the current line in full" },
      { command: "around", keys: ["a"], words: "the lines around the current one, or hide them" },
    ],
  },
  {
    title: "Looks",
    entries: [
      { command: "wrap", keys: ["z"], words: "wrap long lines", menu: "Wrap long lines", state: "switch" },
      { command: "numbers", keys: ["#"], words: "line numbers", menu: "Line numbers", state: "switch" },
      { command: "histogram", keys: ["v"], words: "lines over time", menu: "Lines over time", state: "switch" },
      { command: "fields", keys: ["J"], words: "JSON as key=value", menu: "JSON as key=value", state: "switch" },
      { command: "times", keys: ["t"], words: "time column", menu: "Time column", state: "value" },
      { command: "zone", keys: ["T"], words: "time zone", menu: "Time zone", state: "value" },
      { command: "theme", keys: ["i"], words: "theme", menu: "Theme", state: "value" },
    ],
  },
  {
    title: "Page",
    entries: [
      { command: "download", keys: [], words: "download the lines", menu: "Download the lines" },
      { command: "menu", keys: [","], words: "the menu" },
      { command: "help", keys: ["?"], words: "keys", menu: "Keys\u2026" },
    ],
  },
]);

/** @typedef {(typeof GROUPS)[number]["entries"][number]["command"] | "close-search" | "retry" | "restart" | "reload"} Command */
/** @typedef {Record<Command, () => void>} Commands */

/** @type {readonly (Entry & {command: Command})[]} */
export const ENTRIES = GROUPS.flatMap(({ entries }) => [...entries]);

/** @param {Commands} commands */
export function listenForClicks(commands) {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-command]") : null;
    const name = button?.getAttribute("data-command");
    if (name && Object.hasOwn(commands, name)) commands[/** @type {Command} */ (name)]();
  });
}
