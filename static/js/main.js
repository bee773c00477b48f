/** Wires the page: who makes what, who hears whom. */

import { byId } from "./lib/element.js";
import { once } from "./lib/signal.js";
import { Follow } from "./list/follow.js";
import { FOLLOWING_BOUND, LiveList } from "./list/live-list.js";
import { Scroller } from "./list/scroller.js";
import { Feed } from "./model/feed.js";
import { Hues } from "./model/hues.js";
import { Names } from "./model/names.js";
import { resolveSources } from "./model/query.js";
import { openStore, Settings } from "./model/settings.js";
import { SourcesClient } from "./net/sources-client.js";
import { StreamClient } from "./net/stream-client.js";
import { Address } from "./ui/address.js";
import { showPressed, showTheme } from "./ui/appearance.js";
import { listenForClicks } from "./ui/commands.js";
import { Heading } from "./ui/heading.js";
import { fillHelp, hintButtons, listenForKeys } from "./ui/keys.js";
import { Overview } from "./ui/overview.js";
import { Sheet } from "./ui/sheet.js";
import { SourceList } from "./ui/sources.js";

const base = document.documentElement.dataset.base ?? "/";
const log = byId("log", HTMLElement);
const help = byId("help", HTMLDialogElement);
const keysOn = byId("keys-on", HTMLInputElement);

const settings = new Settings(openStore(), { wrap: matchMedia("(max-width: 700px)").matches });
const address = new Address();
const hues = new Hues();
const names = new Names();
const feed = new Feed(FOLLOWING_BOUND);
const catalog = new SourcesClient(`${base}api/sources`);
const stream = new StreamClient(`${base}api/stream`, (event) => {
  feed.accept(event);
  list.wake();
  if (event.kind === "source") void catalog.refresh();
});

const scroller = new Scroller(log, byId("rows", HTMLElement));
const follow = new Follow(log, scroller);
const list = new LiveList({ feed, scroller, follow, names, hues });

const heading = new Heading();
const sheet = new Sheet(byId("sources-sheet", HTMLDialogElement), byId("sources-pane", HTMLElement));
const sourceList = new SourceList(byId("sources", HTMLElement), {
  only: (id) => {
    address.choose([id]);
    sheet.close();
  },
  toggle: (id, on) => {
    const others = address.query.value.sources.filter((chosen) => chosen !== id);
    address.choose(on ? [...others, id] : others);
  },
});

/** @type {import("./ui/commands.js").Commands} */
const commands = {
  follow: () => follow.toggle(),
  pause: () => follow.togglePause(),
  end: () => follow.join(),
  start: () => {
    follow.leave();
    scroller.toStart();
  },
  wrap: () => settings.toggleWrap(),
  theme: () => settings.nextTheme(),
  help: () => help.showModal(),
  sources: () => sheet.toggle(),
  retry: () => {
    stream.retryNow();
    void catalog.refresh();
  },
  restart: begin,
  reload: () => location.reload(),
};

/** The chosen sources from their last lines on; nothing of what was shown before stays. */
function begin() {
  const chosen = address.query.value.sources;
  hues.assign(chosen);
  log.classList.toggle("merged", chosen.length > 1);
  showSources();
  feed.clear();
  list.clear();
  follow.join();
  stream.follow(chosen);
}

function showSources() {
  const known = catalog.sources.value ?? [];
  const chosen = address.query.value.sources;
  names.assign(known, chosen);
  sourceList.show(known, hues);
  heading.show(chosen.map((id) => names.full(id)));
}

/** @param {readonly import("./net/sources-client.js").SourceInfo[] | null} known */
function completeQuery(known) {
  if (!known) return;
  const wanted = address.query.value.sources;
  const first = known.find(({ state }) => state === "open") ?? known[0];
  address.suggest(wanted.length > 0 ? resolveSources(wanted, known) : [first.id]);
}

function watchVisibility() {
  if (document.hidden) catalog.stop();
  else catalog.start();
}

listenForClicks(commands);
listenForKeys(commands, settings.keys);
hintButtons();
fillHelp(byId("help-keys", HTMLElement));

keysOn.addEventListener("change", () => settings.setKeys(keysOn.checked));
settings.keys.subscribe((on) => (keysOn.checked = on));
settings.theme.subscribe(showTheme);
settings.wrap.subscribe((on) => {
  showPressed("wrap", on);
  list.restyle(() => log.classList.toggle("wrap", on));
});

new Overview({
  connection: stream.connection,
  sources: catalog.sources,
  trouble: catalog.trouble,
  query: address.query,
  following: follow.following,
  paused: follow.paused,
  empty: list.empty,
  unseen: list.unseen,
  feed,
});

new ResizeObserver(() => list.wake()).observe(log);
log.addEventListener("scroll", () => list.wake(), { passive: true });
document.addEventListener("visibilitychange", watchVisibility);
window.addEventListener("online", commands.retry);
// A page that the browser puts away for "back" must not hold one of its six connections.
window.addEventListener("pagehide", () => stream.suspend());
window.addEventListener("pageshow", (event) => event.persisted && stream.resume());

catalog.sources.subscribe(showSources);
// When one request gets through again, the stream need not wait for its turn.
catalog.trouble.subscribe((trouble) => trouble === null && stream.retryNow());
// Once: a reader who later chooses no source sees none.
once(catalog.sources, (known) => Boolean(known?.length), completeQuery);
// Rows carry names, so the first of them waits for the list.
once(
  catalog.sources,
  (known) => known !== null,
  () => address.query.subscribe(begin),
);
watchVisibility();
