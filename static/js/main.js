/** Wires the page: who makes what, who hears whom. */

import { Finding } from "./finding.js";
import { byId, element } from "./lib/element.js";
import { once } from "./lib/signal.js";
import { LineDeeds } from "./line-deeds.js";
import { Bookmarks } from "./model/bookmarks.js";
import { asQuery, isFiltering, NO_FILTER, shownParameters } from "./model/filter.js";
import { Hues } from "./model/hues.js";
import { Names } from "./model/names.js";
import { resolveSources } from "./model/query.js";
import { Recent } from "./model/recent.js";
import { openStore, Settings } from "./model/settings.js";
import { Terms } from "./model/terms.js";
import { Pages } from "./net/pages.js";
import { SourcesClient } from "./net/sources-client.js";
import { Pane } from "./pane.js";
import { Address } from "./ui/address.js";
import { showSettings } from "./ui/appearance.js";
import { copyText } from "./ui/clipboard.js";
import { listenForClicks } from "./ui/commands.js";
import { GoToDialog } from "./ui/go-to.js";
import { HelpDialog } from "./ui/help.js";
import { hintButtons, listenForKeys } from "./ui/keys.js";
import { MarksDialog } from "./ui/marks.js";
import { Menu } from "./ui/menu.js";
import { Overview } from "./ui/overview.js";
import { Panes } from "./ui/panes.js";
import { SelectionBar } from "./ui/selection-bar.js";
import { Side } from "./ui/side.js";
import { SourceList } from "./ui/sources.js";
import { SpanDialog } from "./ui/span.js";
import { TermsDialog } from "./ui/terms.js";
import { Toast } from "./ui/toast.js";

/** @typedef {import("./model/bookmarks.js").Bookmark} Bookmark */
/** @typedef {import("./model/rows.js").LineRow} LineRow */
/** @typedef {{row: number, line: LineRow}} Current */


const base = document.documentElement.dataset.base ?? "/";
const store = openStore();
const settings = new Settings(store, { wrap: matchMedia("(max-width: 700px)").matches });
const bookmarks = new Bookmarks(store);
const terms = new Terms(store);
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
  terms,
  pages: new Pages(`${base}api/lines`),
  heard: (event) => {
    if (event.kind === "source") void catalog.refresh();
    finding?.age();
  },
  changed: () => overview?.wake(),
  counted: () => finding?.showLevels(),
  say: (words) => toast.say(words),
};

/** @type {{pane: Pane, at: string | null}[]} in the order of their frames */
const views = [];
const panes = new Panes(() => {
  showSources();
  finding?.show();
  overview?.wake();
});

const active = () => views[panes.active].pane;

/** @type {Finding | undefined} */
let finding;

/** @type {Overview | undefined} */
let overview;

// What is shown

/** @param {readonly import("./model/query.js").PaneQuery[]} queries */
function showQueries(queries) {
  while (views.length > queries.length) closeView(views.length - 1);
  const before = views.map(({ pane }) => viewOf(pane));
  while (views.length < queries.length) openView();
  hues.assign(queries.flatMap(({ sources }) => sources));
  nameSources(queries.flatMap(({ sources }) => sources));
  queries.forEach((query, index) => {
    const { sources, filter, at } = query;
    const view = views[index];
    if (before[index] !== viewOf(query)) {
      view.pane.show(sources, filter, at);
    } else {
      view.pane.find(filter);
      if (at && at !== view.at) view.pane.goTo(at);
    }
    view.at = at;
  });
  showSources();
  finding?.show();
  overview?.wake();
}

/** @param {Pick<import("./model/query.js").PaneQuery, "sources" | "filter">} query @returns {string} which lines it shows */
function viewOf({ sources, filter }) {
  return `${sources.join("\n")}\n${asQuery(shownParameters(filter))}`;
}

function openView() {
  const view = { pane: new Pane(panes.add(), shared), at: /** @type {string | null} */ (null) };
  view.pane.onPlaced = (at) => {
    view.at = at;
    address.place(views.indexOf(view), at);
  };
  view.pane.onCopy = (text) => void copy(text, "Copied");
  view.pane.onSpan = ({ from, to }) => void finding?.chooseSpan({ since: String(from), until: String(to) });
  view.pane.onText = (line, place, event) => lineDeeds.offerField(line, place, event);
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
const lineDeeds = new LineDeeds({
  active,
  names,
  bookmarks,
  terms,
  copy: (text) => void copy(text, "Copied"),
  copyLink: (current) => void copyLink(current),
  add: (what, text) => finding?.add(what, text),
  addField: (what, field) => finding?.addField(what, field),
  chooseSpan: (span) => void finding?.chooseSpan(span),
  refine: (filter, at) => address.refine(panes.active, filter, { at }),
});
const goTo = new GoToDialog(
  (target) => active().moves.to(target),
  async (time) => (await finding?.goToTime(time)) ?? null,
);
const span = new SpanDialog(async (typed) => (await finding?.chooseSpan(typed)) ?? null);
const termsDialog = new TermsDialog(terms);
const help = new HelpDialog(settings);
const marks = new MarksDialog(bookmarks, { nameOf: (id) => names.full(id), go: goToMark });

/** @param {Bookmark | null} mark */
function goToMark(mark) {
  if (!mark) return toast.say("No more bookmarks that way");
  const pane = active();
  if (pane.sources.includes(mark.source) && !isFiltering(pane.filter)) pane.goTo(mark.at);
  else address.choose(panes.active, [mark.source], mark.at, NO_FILTER);
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
async function copyLink({ row }) {
  const at = await active().cursorOf(row);
  if (at) await copy(address.link(active().sources, at, active().filter), "Link copied");
  else toast.say("This line has no place yet");
}

async function copyChosen() {
  const text = await active().textToCopy();
  if (text !== null) await copy(text, "Copied");
}

function download() {
  const { sources, filter } = active();
  const link = element("a", "");
  const which = sources.map((id) => /** @type {import("./model/filter.js").Parameter} */ (["source", id]));
  link.href = `${base}api/download?${asQuery([...which, ...shownParameters(filter)])}`;
  link.download = "";
  link.click();
}

/** @type {import("./ui/commands.js").Commands} */
const commands = {
  follow: () => active().follow.toggle(),
  pause: () => active().follow.togglePause(),
  split: () => {
    if (views.length > 1) address.close(1 - panes.active);
    else address.split(active().sources, views[0].at, active().filter);
  },
  "other-pane": () => panes.turnToOther(),
  "close-pane": () => address.close(panes.active),
  sources: () => side.find(),
  side: () => settings.toggleSide(),
  down: () => active().moves.byLines(1),
  up: () => active().moves.byLines(-1),
  "page-down": () => active().moves.byPages(1),
  "page-up": () => active().moves.byPages(-1),
  "half-down": () => active().moves.byPages(0.5),
  "half-up": () => active().moves.byPages(-0.5),
  left: () => active().moves.aside(-1),
  right: () => active().moves.aside(1),
  start: () => active().moves.toStart(),
  end: () => active().moves.toEnd(),
  "go-to": () => goTo.open(active().document.exact ? active().document.total : null),
  search: () => finding?.open(),
  "next-hit": () => void finding?.hop("next"),
  "previous-hit": () => void finding?.hop("previous"),
  "next-error": () => void finding?.hopLevel(["error", "fatal"], "next", "errors"),
  "previous-error": () => void finding?.hopLevel(["error", "fatal"], "previous", "errors"),
  "next-warning": () => void finding?.hopLevel(["warning"], "next", "warnings"),
  "previous-warning": () => void finding?.hopLevel(["warning"], "previous", "warnings"),
  span: () => span.open(active().filter),
  terms: () => termsDialog.open(),
  "clear-filter": () => finding?.clear(),
  "close-search": () => finding?.close(),
  histogram: () => settings.toggleHistogram(),
  mark: withCurrent((current) => void active().toggleMark(current)),
  "next-mark": () => nextMark("next"),
  "previous-mark": () => nextMark("previous"),
  marks: () => marks.open(),
  "line-menu": withCurrent((current) => lineDeeds.openMenu(current)),
  copy: () => void copyChosen(),
  "copy-link": withCurrent((current) => void copyLink(current)),
  pretty: withCurrent(({ line }) => active().togglePretty(line)),
  expand: withCurrent(({ line }) => active().toggleExpanded(line)),
  around: withCurrent(({ row, line }) => void active().toggleAround(row, line)),
  wrap: () => settings.toggleWrap(),
  numbers: () => settings.toggleNumbers(),
  fields: () => settings.toggleFields(),
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
  restart: () => active().show(active().sources, active().filter, null),
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
document.addEventListener("click", (event) => lineDeeds.openMenuOf(event));
hintButtons();
showSettings(settings);

document.addEventListener("visibilitychange", watchVisibility);
window.addEventListener("online", commands.retry);
window.addEventListener("pagehide", () => views.forEach(({ pane }) => pane.suspend()));
window.addEventListener("pageshow", (event) => event.persisted && views.forEach(({ pane }) => pane.resume()));
window.addEventListener("storage", () => {
  bookmarks.reload();
  terms.reload();
});
// A stream of its own may have been let go for the tabs that were turned to since.
window.addEventListener("focus", () => views.forEach(({ pane }) => pane.retry()));
// Ages in the time column go on.
setInterval(() => settings.times.value === "relative" && views.forEach(({ pane }) => pane.refresh()), 1_000);

finding = new Finding({
  base,
  active: () => views[panes.active]?.pane,
  refine: (filter, how) => address.refine(panes.active, filter, how),
  settings,
  recent: new Recent(store),
  say: (words) => toast.say(words),
});
void new SelectionBar(
  () => views[panes.active]?.pane.selectedText ?? "",
  (deed, text) => {
    if (deed === "highlight") terms.add(text);
    else finding?.add(deed === "include" ? "include" : "exclude", text);
  },
);

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
