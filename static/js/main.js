/** Wires the page: who makes what, who hears whom. */

import { byId, element } from "./lib/element.js";
import { once } from "./lib/signal.js";
import { Bookmarks } from "./model/bookmarks.js";
import { Hues } from "./model/hues.js";
import { Names } from "./model/names.js";
import { resolveSources } from "./model/query.js";
import { openStore, Settings } from "./model/settings.js";
import { Pages } from "./net/pages.js";
import { SourcesClient } from "./net/sources-client.js";
import { Pane } from "./pane.js";
import { prettyJson } from "./text/json.js";
import { lineText } from "./text/spans.js";
import { Address } from "./ui/address.js";
import { showSettings } from "./ui/appearance.js";
import { copyText } from "./ui/clipboard.js";
import { listenForClicks } from "./ui/commands.js";
import { GoToDialog } from "./ui/go-to.js";
import { HelpDialog } from "./ui/help.js";
import { hintButtons, listenForKeys } from "./ui/keys.js";
import { LineMenu } from "./ui/line-menu.js";
import { MarksDialog } from "./ui/marks.js";
import { Menu } from "./ui/menu.js";
import { Overview } from "./ui/overview.js";
import { Panes } from "./ui/panes.js";
import { Side } from "./ui/side.js";
import { SourceList } from "./ui/sources.js";
import { Toast } from "./ui/toast.js";

/** @typedef {import("./model/bookmarks.js").Bookmark} Bookmark */
/** @typedef {import("./model/rows.js").LineRow} LineRow */
/** @typedef {{row: number, line: LineRow}} Current */

const LONG_CHARACTERS = 4_000;

const base = document.documentElement.dataset.base ?? "/";
const store = openStore();
const settings = new Settings(store, { wrap: matchMedia("(max-width: 700px)").matches });
const bookmarks = new Bookmarks(store);
const address = new Address();
const hues = new Hues();
const names = new Names();
const catalog = new SourcesClient(`${base}api/sources`);
const toast = new Toast();

/** @type {import("./pane.js").Shared} */
const shared = {
  base,
  settings,
  names,
  hues,
  bookmarks,
  pages: new Pages(`${base}api/lines`),
  heard: (event) => void (event.kind === "source" && catalog.refresh()),
  changed: () => overview?.wake(),
  say: (words) => toast.say(words),
};

/** @type {{pane: Pane, at: string | null}[]} in the order of their frames */
const views = [];
const panes = new Panes(() => {
  showSources();
  overview?.wake();
});

const active = () => views[panes.active].pane;

/** @type {Overview | undefined} */
let overview;

// What is shown

/** @param {readonly import("./model/query.js").PaneQuery[]} queries */
function showQueries(queries) {
  while (views.length > queries.length) closeView(views.length - 1);
  const wereChosen = views.map(({ pane }) => pane.sources);
  while (views.length < queries.length) openView();
  hues.assign(queries.flatMap(({ sources }) => sources));
  nameSources(queries.flatMap(({ sources }) => sources));
  queries.forEach(({ sources, at }, index) => {
    const view = views[index];
    const isSame = wereChosen[index] && wereChosen[index].join("\n") === sources.join("\n");
    if (!isSame) view.pane.show(sources, at);
    else if (at && at !== view.at) view.pane.goTo(at);
    view.at = at;
  });
  showSources();
  overview?.wake();
}

function openView() {
  const view = { pane: new Pane(panes.add(), shared), at: /** @type {string | null} */ (null) };
  view.pane.onPlaced = (at) => {
    view.at = at;
    address.place(views.indexOf(view), at);
  };
  view.pane.onCopy = (text) => void copy(text, "Copied");
  views.push(view);
}

/** @param {number} index */
function closeView(index) {
  const [{ pane }] = views.splice(index, 1);
  pane.close();
  panes.remove(panes.frames[index]);
}

function showSources() {
  const known = catalog.sources.value ?? [];
  nameSources(views.flatMap(({ pane }) => pane.sources));
  sourceList.show(known, { hues, chosen: views[panes.active]?.pane.sources ?? [] });
}

/** @param {readonly string[]} chosen */
function nameSources(chosen) {
  names.assign(catalog.sources.value ?? [], chosen);
}

/** @param {readonly import("./net/sources-client.js").SourceInfo[] | null} known */
function completeQuery(known) {
  if (!known) return;
  address.query.value.forEach(({ sources }, index) => {
    const first = known.find(({ state }) => state === "open") ?? known[0];
    address.suggest(index, sources.length > 0 ? resolveSources(sources, known) : index === 0 ? [first.id] : []);
  });
}

// What readers do

const side = new Side({
  dialog: byId("sources-sheet", HTMLDialogElement),
  content: byId("sources-pane", HTMLElement),
  search: byId("source-search", HTMLInputElement),
  settings,
});
const sourceList = new SourceList(
  {
    list: byId("sources", HTMLElement),
    search: byId("source-search", HTMLInputElement),
    none: byId("no-source", HTMLElement),
  },
  {
    only: (id) => {
      address.choose(panes.active, [id]);
      side.close();
    },
    toggle: (id, on) => {
      const others = active().sources.filter((chosen) => chosen !== id);
      address.choose(panes.active, on ? [...others, id] : others);
    },
    beside: (id) => {
      if (views.length > 1) address.choose(1 - panes.active, [id]);
      else address.split([id]);
      side.close();
    },
  },
);
const menu = new Menu(byId("menu", HTMLDialogElement));
const lineMenu = new LineMenu();
const goTo = new GoToDialog((target) => active().moveTo(target));
const help = new HelpDialog(settings);
const marks = new MarksDialog(bookmarks, { nameOf: (id) => names.full(id), go: goToMark });

/** @param {Bookmark | null} mark */
function goToMark(mark) {
  if (!mark) return toast.say("No more bookmarks that way");
  const pane = active();
  if (pane.sources.length === 1 && pane.sources[0] === mark.source) pane.goTo(mark.at);
  else address.choose(panes.active, [mark.source], mark.at);
}

/** @param {"next" | "previous"} way */
function nextMark(way) {
  const pane = active();
  const here = pane.current?.line;
  if (here) goToMark(bookmarks[way](pane.sources, here));
}

/** @param {(current: Current) => void} act */
const withCurrent = (act) => () => {
  const { current } = active();
  if (current) act(current);
};

/**
 * @param {string} text
 * @param {string} words what to say when it is done
 */
async function copy(text, words) {
  toast.say((await copyText(text)) ? words : "The browser did not let the page copy");
}

/** @param {Current} current */
async function copyLink({ row, line }) {
  const at = await active().cursorOf(row);
  if (at) await copy(address.link([line.source], at), "Link copied");
  else toast.say("This line has no place yet");
}

async function copyChosen() {
  const text = await active().textToCopy();
  if (text !== null) await copy(text, "Copied");
}

/**
 * @param {Current} current
 * @param {import("./ui/line-menu.js").Point} [point]
 */
function openLineMenu({ row, line }, point) {
  const pane = active();
  const rect = pane.elementOf(row)?.getBoundingClientRect();
  const rest = line.cut === null ? null : pane.restUrl(line);
  /** @type {import("./ui/line-menu.js").Action[]} */
  const actions = [
    { words: "Copy line", key: "c", act: () => void copy(lineText(line.text), "Copied") },
    { words: "Copy link to this line", key: "y", act: () => void copyLink({ row, line }) },
    {
      words: bookmarks.has(line) ? "Take the bookmark off" : "Bookmark",
      key: "m",
      act: () => void pane.toggleMark({ row, line }),
    },
  ];
  if (prettyJson(line.text)) actions.push({ words: "Spread out JSON", key: "p", act: () => pane.togglePretty(line) });
  if (line.text.length > LONG_CHARACTERS) {
    actions.push({ words: "In full", key: "x", act: () => pane.toggleExpanded(line) });
  }
  if (rest) actions.push({ words: "Open all of it", act: () => void open(rest, "_blank", "noopener") });
  lineMenu.open({ name: names.full(line.source), n: line.n, text: line.text }, actions, {
    x: point?.x ?? (rect?.left ?? 0) + 40,
    y: point?.y ?? rect?.bottom ?? 0,
  });
}

/** @param {MouseEvent} event */
function openMenuOfRow(event) {
  const { target } = event;
  if (!(target instanceof Element) || !target.closest('[data-action="menu"]')) return;
  const current = active().lineOf(target);
  if (current) openLineMenu(current, { x: event.clientX, y: event.clientY });
}

function download() {
  for (const id of active().sources) {
    const link = element("a", "");
    link.href = `${base}api/download?${new URLSearchParams({ source: id })}`;
    link.download = "";
    link.click();
  }
}

/** @type {import("./ui/commands.js").Commands} */
const commands = {
  follow: () => active().follow.toggle(),
  pause: () => active().follow.togglePause(),
  split: () => {
    if (views.length > 1) address.close(1 - panes.active);
    else address.split(active().sources, views[0].at);
  },
  "other-pane": () => panes.turnToOther(),
  "close-pane": () => address.close(panes.active),
  sources: () => side.find(),
  side: () => settings.toggleSide(),
  down: () => active().moveLines(1),
  up: () => active().moveLines(-1),
  "page-down": () => active().movePages(1),
  "page-up": () => active().movePages(-1),
  "half-down": () => active().movePages(0.5),
  "half-up": () => active().movePages(-0.5),
  left: () => active().moveAside(-1),
  right: () => active().moveAside(1),
  start: () => active().toStart(),
  end: () => active().toEnd(),
  "go-to": () => goTo.open(active().document.exact ? active().document.total : null),
  mark: withCurrent((current) => void active().toggleMark(current)),
  "next-mark": () => nextMark("next"),
  "previous-mark": () => nextMark("previous"),
  marks: () => marks.open(),
  "line-menu": withCurrent((current) => openLineMenu(current)),
  copy: () => void copyChosen(),
  "copy-link": withCurrent((current) => void copyLink(current)),
  pretty: withCurrent(({ line }) => active().togglePretty(line)),
  expand: withCurrent(({ line }) => active().toggleExpanded(line)),
  wrap: () => settings.toggleWrap(),
  numbers: () => settings.toggleNumbers(),
  times: () => settings.nextTimes(),
  zone: () => settings.nextZone(),
  theme: () => settings.nextTheme(),
  download,
  menu: () => menu.toggle(),
  help: () => help.open(),
  retry: () => {
    for (const { pane } of views) pane.retry();
    void catalog.refresh();
  },
  restart: () => active().show(active().sources, null),
  reload: () => location.reload(),
};

// Who hears whom

function watchVisibility() {
  for (const { pane } of views) pane.setHidden(document.hidden);
  if (document.hidden) catalog.stop();
  else catalog.start();
}

listenForClicks(commands);
listenForKeys(commands, settings.keys);
document.addEventListener("click", openMenuOfRow);
hintButtons();
showSettings(settings);

document.addEventListener("visibilitychange", watchVisibility);
window.addEventListener("online", commands.retry);
window.addEventListener("pagehide", () => views.forEach(({ pane }) => pane.suspend()));
window.addEventListener("pageshow", (event) => event.persisted && views.forEach(({ pane }) => pane.resume()));
window.addEventListener("storage", () => bookmarks.reload());
// Ages in the time column go on.
setInterval(() => settings.times.value === "relative" && views.forEach(({ pane }) => pane.refresh()), 1_000);

// Rows carry names, so the first of them waits for the list.
once(
  catalog.sources,
  (known) => known !== null,
  () => address.query.subscribe(showQueries),
);
overview = new Overview(() => ({
  panes: views.map(({ pane }) => pane.state),
  active: panes.active,
  sources: catalog.sources.value,
  trouble: catalog.trouble.value,
}));
catalog.sources.subscribe(() => {
  showSources();
  for (const { pane } of views) pane.refresh();
  overview?.wake();
});
// When one request gets through again, the stream need not wait for its turn.
catalog.trouble.subscribe((trouble) => {
  if (trouble === null) for (const { pane } of views) pane.retry();
  overview?.wake();
});
// Once: a reader who later chooses no source sees none.
once(catalog.sources, (known) => Boolean(known?.length), completeQuery);
watchVisibility();
