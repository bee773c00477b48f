"""Times of the page in Chromium: a line, a flood, a large file, a first paint.

A line counts as visible once a MutationObserver finds it in the last row of the list: it is laid out and drawn with the
next frame. Its age is by the wall clock, which both sides share.
"""

import gzip
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from logviewer.web import assets
from logviewer.web.static import SCRIPTS, StaticFiles
from tests.bench import corpus, frontail
from tests.bench.figures import Beside, Figure, Plan, percentile
from tests.bench.process import memory, peak_rss
from tests.helpers import programs
from tests.helpers.server import Server, until

_LINES = 200
_PASSED_LINES = 10_000_000
_ROTATED_FILES = 30
_LAST_ROW = "[...document.querySelectorAll('.row .text')].at(-1)?.textContent ?? ''"
_LAST_OF_FRONTAIL = "document.querySelector('.log').lastElementChild?.textContent ?? ''"
_WATCH = """() => {{
  window.seen = {{}};
  window.longest = 0;
  const look = () => {{ window.seen[{last}] ??= performance.timeOrigin + performance.now(); }};
  const rows = document.querySelector("{rows}");
  new MutationObserver(look).observe(rows, {{ childList: true, characterData: true, subtree: true }});
  let before = performance.now();
  const frame = (now) => {{
    window.longest = Math.max(window.longest, now - before);
    before = now;
    requestAnimationFrame(frame);
  }};
  requestAnimationFrame(frame);
}}"""
_SEEN = "(text) => window.seen[text] ?? null"


def run(plan: Plan) -> Iterator[Figure]:
    """Measure all of them, each in a fresh page."""
    arguments = ["--disable-gpu", "--enable-precise-memory-info", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=programs.find("chromium"), args=arguments)
        for part in (_one_line, _floods, _passing):
            with corpus.room(2 * 10**9, on_disk=part is _one_line) as logs:
                log = logs / "app.log"
                log.write_text("an earlier line\n")
                with Server(log) as server:
                    page = browser.new_page(viewport={"width": 1280, "height": 800})
                    page.goto(server.ready_line)
                    _await_row(page, "an earlier line")
                    page.evaluate(_WATCH.format(last=_LAST_ROW, rows=".rows"))
                    for figure in part(page, log):
                        yield replace(figure, peak=peak_rss(server.process.pid))
                    page.close()
        with corpus.room(10 * plan.size) as logs:
            yield from _large_file(browser.new_page(viewport={"width": 1280, "height": 800}), logs, 10 * plan.size)
        with corpus.room(4 * plan.size) as logs:
            yield from _rotated_files(browser, logs, plan.size // 10)
        browser.close()
    yield from _scripts()


def _await_row(page: Page, text: str) -> None:
    page.wait_for_function(f"(text) => ({_LAST_ROW}).includes(text)", arg=text, timeout=60_000)


def _one_line(page: Page, log: Path) -> Iterator[Figure]:
    ages, peer = _ages(page, log), _ages_of_frontail(page, log.with_name("theirs.log"))
    for name, share, limit in (("p50", 0.5, 5.0), ("p95", 0.95, 16.0)):
        beside = Beside("frontail", percentile(peer, share)) if peer else None
        target = beside.value if beside else limit
        yield Figure(f"one line, write to visible, {name}", percentile(ages, share), "ms", target, beside=beside)


def _ages(page: Page, log: Path) -> list[float]:
    random = Random(1)
    written: dict[str, float] = {}
    for number in range(_LINES):
        time.sleep(random.uniform(0.02, 0.06))
        written[f"line {number} of {_LINES}"] = _append(log, f"line {number} of {_LINES}\n".encode())
    page.wait_for_function("(text) => window.seen[text]", arg=f"line {_LINES - 1} of {_LINES}")
    seen: dict[str, float] = page.evaluate("() => window.seen")
    return [seen[text] - at for text, at in written.items() if text in seen]


def _ages_of_frontail(page: Page, log: Path) -> list[float]:
    if not frontail.is_here():
        print("frontail is not here: npm install --global frontail", flush=True)
        return []
    log.write_text("an earlier line\n")
    browser = page.context.browser
    assert browser
    with frontail.running(log) as url, closing(browser.new_page(viewport=page.viewport_size)) as other:
        other.goto(url)
        other.wait_for_function(f"() => ({_LAST_OF_FRONTAIL}).includes('an earlier line')")
        other.evaluate(_WATCH.format(last=_LAST_OF_FRONTAIL, rows=".log"))
        ages = _ages(other, log)
    page.bring_to_front()
    return ages


def _append(log: Path, data: bytes) -> float:
    with log.open("ab", buffering=0) as file:
        now = time.time() * 1000
        file.write(data)
    return now


def _floods(page: Page, log: Path) -> Iterator[Figure]:
    for lines, target in ((100_000, 0.25), (1_000_000, 1.5)):
        page.evaluate("() => { window.longest = 0; }")
        last = f"the last of {lines}"
        data = b"".join(next(iter(corpus.blocks(lines * 120, lines * 120))).splitlines(keepends=True)[: lines - 1])
        begun = _append(log, data + last.encode() + b"\n")
        wrote = time.time() * 1000
        _await_row(page, last)
        took = (page.evaluate(_SEEN, last) - begun) / 1000
        yield Figure(f"{lines:,} lines at once, last one visible", took, "s", target)
        yield Figure(f"{lines:,} lines at once, their write alone", (wrote - begun) / 1000, "s")
        yield Figure(f"{lines:,} lines at once, longest frame", page.evaluate("() => window.longest"), "ms", 50)


def _passing(page: Page, log: Path) -> Iterator[Figure]:
    block = b"".join(b"%099d\n" % number for number in range(100_000))
    for _ in range(_PASSED_LINES // 100_000):
        _append(log, block)
        page.evaluate("() => 0")
    _append(log, b"the end\n")
    _await_row(page, "the end")
    page.evaluate("() => globalThis.gc?.()")
    heap = page.evaluate("() => performance.memory.usedJSHeapSize") / 1e6
    yield Figure("after 10 million lines, heap of the page", heap, "MB", 100)
    yield Figure(
        "after 10 million lines, elements", page.evaluate("() => document.querySelectorAll('*').length"), "", 2500
    )


def _large_file(page: Page, logs: Path, size: int) -> Iterator[Figure]:
    path = logs / "large.log"
    total = corpus.write(path, size)
    with Server(path) as server:
        begun = time.time()
        page.goto(server.ready_line, wait_until="commit")
        _await_row(page, " ")
        yield Figure("10 GB opened, last screen visible", time.time() - begun, "s", 0.3)
        paint: dict[str, Any] = page.evaluate(
            "() => performance.getEntriesByName('first-contentful-paint')[0].toJSON()"
        )
        yield Figure("first contentful paint", paint["startTime"], "ms", 300)
        source = server.source_id(path.name)
        until(lambda: server.get("/api/lines", source=source, start=0, count=1).json()["complete"], timeout=600)
        resident, peak = memory(server.process.pid).rss / 1e6, peak_rss(server.process.pid)
        yield Figure("10 GB counted, memory of the server", resident, "MB", 100, peak=peak)
        page.wait_for_function("() => document.querySelector('#place').textContent.includes('100 %')", timeout=600_000)
        yield Figure("10 GB, jump to the middle", _jump(page, total // 2), "ms", 100)


def _rotated_files(browser: Browser, logs: Path, size: int) -> Iterator[Figure]:
    path = logs / "app.log"
    corpus.write(path, size)
    for count in (0, _ROTATED_FILES):
        for number in range(1, count + 1):
            shutil.copyfile(path, logs / f"app.log.{number}")
            with (logs / f"app.log.{number}").open("ab") as file:
                file.write(b"the end of number %d\n" % number)
        with Server(path) as server:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            begun = time.time()
            page.goto(server.ready_line, wait_until="commit")
            _await_row(page, " ")
            yield Figure(f"{count} rotated files, last screen visible", time.time() - begun, "s", 0.3)
            page.close()


def _jump(page: Page, line: int) -> float:
    page.keyboard.press(":")
    page.locator("#go-to-field").fill(str(line))
    page.evaluate(
        """(number) => {
          window.jumped = null;
          document.querySelector("#go-to-form").addEventListener("submit", () => {
            const begun = performance.now();
            const look = () => {
              const row = [...document.querySelectorAll(".row")].find((row) => row.textContent.includes(number));
              if (row && row.querySelector(".text").textContent) window.jumped = performance.now() - begun;
              else requestAnimationFrame(look);
            };
            look();
          }, { once: true });
        }""",
        f"{line:,}",
    )
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.jumped !== null")
    return float(page.evaluate("() => window.jumped"))


def _scripts() -> Iterator[Figure]:
    static = StaticFiles(assets.find("static"))
    sent = sum(len(gzip.compress(static.files[name])) for name in SCRIPTS)
    yield Figure("own JavaScript as sent, gzipped", sent / 1000, "kB", 60)
