"""Times and levels of labelled real system logs, where a machine has them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from logviewer.formats.level import find_level
from logviewer.formats.timestamp import find_time
from tests.helpers.repository import REAL_LOGS, SAMPLES

WANTED = 0.995
KINDS = sorted(path.name.removesuffix(".truth.tsv") for path in REAL_LOGS.glob("*.truth.tsv"))


def truth(kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield each line with its labels: time and level, ``-`` for none."""
    lines = (REAL_LOGS / f"{kind}.log").read_bytes().split(b"\n")
    for row in Path(REAL_LOGS / f"{kind}.truth.tsv").read_text().splitlines():
        number, when, named = row.split("\t")
        yield lines[int(number) - 1].decode("utf-8", "replace").removesuffix("\r"), when, named


def shown(line: str, like: str) -> str:
    """Return the time of a line in the notation of its label."""
    found = find_time(line, zone=UTC)
    if found is None:
        return "-"
    text = datetime.fromtimestamp(found / 1000, UTC).isoformat(timespec="milliseconds" if "." in like else "seconds")[
        :-6
    ]
    return f"-{text[4:]}" if like.startswith("--") else text


@pytest.mark.skipif(not KINDS, reason=f"no real logs in {REAL_LOGS}: set LOGVIEWER_REAL_LOGS to a folder of them")
@pytest.mark.parametrize("kind", KINDS)
def test_times_and_levels_match_the_labels(kind: str) -> None:
    rows = list(truth(kind))
    times = sum(shown(line, when) == when for line, when, _ in rows) / len(rows)
    levels = sum((find_level(line) or "-") == named for line, _, named in rows) / len(rows)
    print(f"{kind}: {len(rows)} lines, {times:.2%} with the right time, {levels:.2%} with the right level")
    assert times >= WANTED
    assert levels >= WANTED


# In these samples each line has a time.
@pytest.mark.parametrize(
    "name", ["chat.log", "deploy.log", "nginx/access.log", "nginx/error.log", "payments.jsonl", "syslog", "worker.log"]
)
def test_every_line_of_the_samples_has_a_time(name: str) -> None:
    path = SAMPLES / name
    lines = path.read_text().splitlines()
    assert all(1_772_000_000_000 < (find_time(line) or 0) < 1_775_000_000_000 for line in lines)
    assert all(find_level(line) for line in lines) == (name != "deploy.log")


def test_a_traceback_has_no_time_and_no_level(tmp_path: Path) -> None:
    path = SAMPLES / "shop.log"
    continued = [line for line in path.read_text().splitlines() if not line.startswith("2026-")]
    assert continued
    assert {(find_time(line), find_level(line)) for line in continued} == {(None, None)}
