/** Entry point of the page: creates every part and connects them. */

import { HostChoices } from "./app/host-choices.js";
import { LineActions } from "./app/line-actions.js";
import { Pane } from "./app/pane.js";
import { SearchController } from "./app/search-controller.js";
import { byId, element } from "./lib/element.js";
import { once } from "./lib/signal.js";
import { Bookmarks } from "./model/bookmarks.js";
import { isFiltering, NO_FILTER, toQueryString, viewParameters } from "./model/filter.js";
import { Highlights } from "./model/highlights.js";
import { resolveSources } from "./model/query.js";
import { RecentSearches } from "./model/recent-searches.js";
import { ServerClock } from "./model/server-clock.js";
import { openStore, Settings } from "./model/settings.js";
import { SourceColors } from "./model/source-colors.js";
import { SourceNames } from "./model/source-names.js";
import { LinesClient } from "./net/lines-client.js";
import { SourcesClient } from "./net/sources-client.js";
import { Address } from "./ui/address.js";
import { BookmarksDialog } from "./ui/bookmarks-dialog.js";
import { PHONE } from "./ui/breakpoints.js";
import { copyText } from "./ui/clipboard.js";
import { listenForClicks } from "./ui/commands.js";
import { GoToDialog } from "./ui/go-to-dialog.js";
import { HelpDialog } from "./ui/help-dialog.js";
import { HighlightsDialog } from "./ui/highlights-dialog.js";
import { hintButtons, listenForKeys } from "./ui/keys.js";
import { Menu } from "./ui/menu.js";
import { PageStatus } from "./ui/page-status.js";
import { Panes } from "./ui/panes.js";
import { SelectionBar } from "./ui/selection-bar.js";
import { showSettings } from "./ui/setting-buttons.js";
import { SourceList } from "./ui/source-list.js";
import { SourcePanel } from "./ui/source-panel.js";
import { TimeRangeDialog } from "./ui/time-range-dialog.js";
import { Toast } from "./ui/toast.js";

/** @typedef {import("./model/bookmarks.js").Bookmark} Bookmark */
/** @typedef {import("./model/rows.js").LineRow} LineRow */
/** @typedef {{row: number, line: LineRow}} Current */

const { base = "/", now: renderedAt, hub: hubVersion = "" } = document.documentElement.dataset;
const [navigation] = performance.getEntriesByType("navigation");
const age = navigation instanceof PerformanceNavigationTiming ? performance.now() - navigation.responseStart : 0;
const clock = new ServerClock(Number(renderedAt), age);
const store = openStore();
const settings = new Settings(store, { wrap: matchMedia(PHONE).matches });
const bookmarks = new Bookmarks(store);
const highlights = new Highlights(store);
const address = new Address();
const sourceColors = new SourceColors();
const names = new SourceNames();
const sourcesClient = new SourcesClient(base, hubVersion !== "");
const toast = new Toast();
const hostChoices = new HostChoices(sourcesClient, {
  notify: (message) => toast.show(message),
  chosen: () => showQueries(address.query.value),
});

/** @type {import("./app/pane.js").PaneContext} */
const shared = {
  base,
  now: () => clock.now(),
  settings,
  names,
  sourceColors,
  bookmarks,
  highlights,
  factsOf: (id) => sourcesClient.sources.value?.find((source) => source.id === id),
  linesClient: new LinesClient(`${base}api/lines`),
  received: (event) => {
    if (event.kind === "source") void sourcesClient.refresh();
    searchController?.linesArrived();
  },
  changed: () => pageStatus?.update(),
  levelsCounted: () => searchController?.showLevels(),
  notify: (message) => toast.show(message),
};

/** @type {{pane: Pane, at: string | null}[]} in the order of their frames */
const views = [];
const panes = new Panes(() => {
  showSources();
  searchController?.show();
  pageStatus?.update();
});

const active = () => views[panes.active].pane;

/** @type {SearchController | undefined} */
let searchController;

/** @type {PageStatus | undefined} */
let pageStatus;

// Views

/** Whether a source is not one of the server itself, which are always in the list. @param {string} id */
function isElsewhere(id) {
  return shared.factsOf(id)?.host !== null;
}

/** @param {readonly import("./model/query.js").PaneQuery[]} wanted */
function showQueries(wanted) {
  const queries = wanted.map((query) => ({ ...query, sources: hostChoices.sourcesOf(query) }));
  sourcesClient.want({ sources: queries.flatMap(({ sources }) => sources.filter(isElsewhere)) });
  while (views.length > queries.length) closeView(views.length - 1);
  const shownKeys = views.map(({ pane }) => viewKey(pane));
  while (views.length < queries.length) openView();
  sourceColors.assign(queries.flatMap(({ sources }) => sources));
  nameSources(queries.flatMap(({ sources }) => sources));
  queries.forEach((query, index) => {
    const { sources, filter, at } = query;
    const view = views[index];
    if (shownKeys[index] !== viewKey(query)) {
      view.pane.show(sources, filter, at);
    } else {
      view.pane.showHits(filter);
      if (at && at !== view.at) view.pane.goTo(at);
    }
    view.at = at;
  });
  showSources();
  searchController?.show();
  pageStatus?.update();
}

/**
 * @param {Pick<import("./model/query.js").PaneQuery, "sources" | "filter">} query @returns {string} a key that is
 *   equal for queries with the same lines
 */
function viewKey({ sources, filter }) {
  return `${sources.join("\n")}\n${toQueryString(viewParameters({ ...filter, now: null }))}`;
}

function openView() {
  const view = { pane: new Pane(panes.add(), shared), at: /** @type {string | null} */ (null) };
  view.pane.onMoved = (at) => {
    view.at = at;
    address.setPosition(views.indexOf(view), at);
  };
  view.pane.onCopy = (text) => void copy(text, "Copied");
  view.pane.onTimeRange = ({ from, to }) => {
    void searchController?.chooseTimeRange({ since: String(from), until: String(to) });
  };
  view.pane.onTextClick = (line, offset, event) => lineActions.offerFieldMenu(line, offset, event);
  views.push(view);
}

/** @param {number} index */
function closeView(index) {
  const [{ pane }] = views.splice(index, 1);
  pane.close();
  panes.remove(panes.frames[index]);
}

function showSources() {
  const known = sourcesClient.sources.value ?? [];
  nameSources(views.flatMap(({ pane }) => pane.sources));
  const { hosts, notShown } = sourcesClient;
  const chosen = views[panes.active]?.pane.sources ?? [];
  sourceList.show(known, { sourceColors, chosen, hosts, version: hubVersion, notShown });
}

/** @param {readonly string[]} chosen */
function nameSources(chosen) {
  names.assign(sourcesClient.sources.value ?? [], chosen);
}

/** @param {readonly import("./net/sources-client.js").SourceInfo[] | null} known */
function completeQuery(known) {
  if (!known) return;
  address.query.value.forEach(({ sources, globs }, index) => {
    if (globs?.length) return;
    const first = known.find(({ state }) => state === "open") ?? known[0];
    address.setDefault(index, sources.length > 0 ? resolveSources(sources, known) : index === 0 ? [first.id] : []);
  });
}

// Commands

const sourcePanel = new SourcePanel({
  dialog: byId("sources-sheet", HTMLDialogElement),
  content: byId("sources-pane", HTMLElement),
  search: byId("source-search", HTMLInputElement),
  settings,
});
const sourceList = new SourceList(
  {
    list: byId("sources", HTMLElement),
    search: byId("source-search", HTMLInputElement),
    note: byId("no-source", HTMLElement),
  },
  {
    only: (id) => {
      address.choose(panes.active, [id]);
      sourcePanel.close();
    },
    toggle: (id, on) => {
      const others = active().sources.filter((chosen) => chosen !== id);
      address.choose(panes.active, on ? [...others, id] : others);
    },
    toggleHost: async (name, on) => {
      const sources = await hostChoices.withHost(active().sources, name, on);
      if (sources) address.choose(panes.active, sources);
      else showSources();
    },
    want: (wanted) => sourcesClient.want(wanted),
    openInSplit: (id) => {
      if (views.length > 1) address.choose(1 - panes.active, [id]);
      else address.split([id]);
      sourcePanel.close();
    },
  },
);
const menu = new Menu(byId("menu", HTMLDialogElement));
const lineActions = new LineActions({
  ...shared,
  active,
  copy: (text) => void copy(text, "Copied"),
  copyLink: (current) => void copyLink(current),
  add: (list, text) => searchController?.add(list, text),
  addField: (list, field) => searchController?.addField(list, field),
  chooseTimeRange: (range) => void searchController?.chooseTimeRange(range),
  refine: (filter, at) => address.refine(panes.active, filter, { at }),
});
const goTo = new GoToDialog(
  (target) => active().navigation.to(target),
  async (time) => (await searchController?.goToTime(time)) ?? null,
);
const timeRangeDialog = new TimeRangeDialog(async (typed) => (await searchController?.chooseTimeRange(typed)) ?? null);
const highlightsDialog = new HighlightsDialog(highlights);
const help = new HelpDialog(settings);
const bookmarksDialog = new BookmarksDialog(bookmarks, { nameOf: (id) => names.full(id), go: goToBookmark });

/** @param {Bookmark} bookmark */
function goToBookmark(bookmark) {
  const pane = active();
  if (pane.sources.includes(bookmark.source) && !isFiltering(pane.filter)) pane.goTo(bookmark.at);
  else address.choose(panes.active, [bookmark.source], bookmark.at, NO_FILTER);
}

/** @param {"next" | "previous"} direction */
function goToAdjacentBookmark(direction) {
  const pane = active();
  const line = pane.current?.line;
  if (!line) return;
  const bookmark = bookmarks[direction](pane.sources, line);
  if (bookmark) goToBookmark(bookmark);
  else toast.show(`No more bookmarks ${direction === "next" ? "below" : "above"}`);
}

/** @param {(current: Current) => void} act */
const withCurrent = (act) => () => {
  const { current } = active();
  if (current) act(current);
};

/**
 * @param {string} text
 * @param {string} message shown as a toast on success
 */
async function copy(text, message) {
  toast.show((await copyText(text)) ? message : "The browser blocked copying");
}

/** @param {Current} current */
async function copyLink({ row }) {
  const at = await active().cursorOf(row);
  if (at) await copy(address.link(panes.active, at, active().filter), "Link copied");
  else toast.show("This line cannot be linked yet; try again shortly");
}

async function copyChosen() {
  const text = await active().textToCopy();
  if (text !== null) await copy(text, "Copied");
}

function download() {
  const { sources, filter } = active();
  const link = element("a", "");
  const sourceParameters = sources.map((id) => /** @type {import("./model/filter.js").Parameter} */ (["source", id]));
  link.href = `${base}api/download?${toQueryString([...sourceParameters, ...viewParameters(filter)])}`;
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
  "other-pane": () => panes.activateOther(),
  "close-pane": () => address.close(panes.active),
  sources: () => sourcePanel.focusSearch(),
  side: () => settings.toggleSide(),
  down: () => active().navigation.byLines(1),
  up: () => active().navigation.byLines(-1),
  "page-down": () => active().navigation.byPages(1),
  "page-up": () => active().navigation.byPages(-1),
  "half-down": () => active().navigation.byPages(0.5),
  "half-up": () => active().navigation.byPages(-0.5),
  left: () => active().navigation.sideways(-1),
  right: () => active().navigation.sideways(1),
  start: () => active().navigation.toStart(),
  end: () => active().navigation.toEnd(),
  "go-to": () => goTo.open(active().document.exact ? active().document.total : null),
  search: () => searchController?.open(),
  "next-hit": () => void searchController?.jump("next"),
  "previous-hit": () => void searchController?.jump("previous"),
  "next-error": () => void searchController?.jumpToLevel(["error", "fatal"], "next", "errors"),
  "previous-error": () => void searchController?.jumpToLevel(["error", "fatal"], "previous", "errors"),
  "next-warning": () => void searchController?.jumpToLevel(["warning"], "next", "warnings"),
  "previous-warning": () => void searchController?.jumpToLevel(["warning"], "previous", "warnings"),
  "time-range": () => timeRangeDialog.open(active().filter),
  highlights: () => highlightsDialog.open(),
  "clear-filter": () => searchController?.clear(),
  "close-search": () => searchController?.close(),
  histogram: () => settings.toggleHistogram(),
  bookmark: withCurrent((current) => void active().toggleBookmark(current)),
  "next-bookmark": () => goToAdjacentBookmark("next"),
  "previous-bookmark": () => goToAdjacentBookmark("previous"),
  bookmarks: () => bookmarksDialog.open(),
  "line-menu": withCurrent((current) => lineActions.openMenu(current)),
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
    void sourcesClient.refresh();
  },
  restart: () => active().show(active().sources, active().filter, null),
  reload: () => location.reload(),
};

// Events

function watchVisibility() {
  for (const { pane } of views) pane.setHidden(document.hidden);
  if (document.hidden) sourcesClient.stop();
  else sourcesClient.start();
}

listenForClicks(commands);
listenForKeys(commands, settings.keys);
document.addEventListener("click", (event) => lineActions.openMenuOf(event));
hintButtons();
showSettings(settings);

document.addEventListener("visibilitychange", watchVisibility);
window.addEventListener("online", commands.retry);
window.addEventListener("pagehide", () => views.forEach(({ pane }) => pane.suspend()));
window.addEventListener("pageshow", (event) => event.persisted && views.forEach(({ pane }) => pane.resume()));
window.addEventListener("storage", () => {
  bookmarks.reload();
  highlights.reload();
});
// The worker may have stopped the stream of this tab's filter in favour of other tabs.
window.addEventListener("focus", () => views.forEach(({ pane }) => pane.retry()));
// Relative times in the time column change every second.
setInterval(() => settings.times.value === "relative" && views.forEach(({ pane }) => pane.refresh()), 1_000);

searchController = new SearchController({
  base,
  active: () => views[panes.active]?.pane,
  refine: (filter, options) => address.refine(panes.active, filter, options),
  settings,
  recent: new RecentSearches(store),
  notify: (message) => toast.show(message),
});
void new SelectionBar(
  () => views[panes.active]?.pane.selectedText ?? "",
  (action, text) => {
    if (action === "highlight") highlights.add(text);
    else searchController?.add(action === "include" ? "include" : "exclude", text);
  },
);

sourcesClient.want({ sources: address.query.value.flatMap(({ sources }) => sources) });
// Rows show source names, so the first view waits for the list of sources.
once(
  sourcesClient.sources,
  (known) => known !== null,
  () => address.query.subscribe(showQueries),
);
pageStatus = new PageStatus(() => ({
  panes: views.map(({ pane }) => pane.state),
  active: panes.active,
  sources: sourcesClient.sources.value,
  hosts: sourcesClient.hosts.length,
  sourcesError: sourcesClient.error.value,
}));
sourcesClient.sources.subscribe(() => {
  showSources();
  for (const { pane } of views) pane.refresh();
  pageStatus?.update();
});
// A request succeeded, so the stream can retry at once.
sourcesClient.error.subscribe((error) => {
  if (error === null) for (const { pane } of views) pane.retry();
  pageStatus?.update();
});
// Only once: a user who deselects all sources later keeps an empty view.
once(sourcesClient.sources, (known) => Boolean(known?.length), completeQuery);
watchVisibility();
