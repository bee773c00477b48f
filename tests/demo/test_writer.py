"""The demo logs: fixed samples, one story in every format, live lines at a rate, rotations."""

import itertools
import json
import re
import threading
import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logviewer.demo.stories import FILES
from logviewer.demo.writer import BACKLOG_MS, MARKER, Play, run, write_samples
from tests.helpers.repository import SAMPLES
from tests.helpers.server import TIMEOUT

RECORDS = {
    "shop.log": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - [\w.]+ - (DEBUG|INFO|WARNING|ERROR|CRITICAL) - \S.*",
    "chat.log": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - chat\.support - (INFO|WARNING) - \[T-\d+\] \S.*",
    "nginx/access.log": r'[\da-f.:]+ - - \[\d\d/[A-Z][a-z]{2}/\d{4}(:\d\d){3} [+-]\d{4}\] "[A-Z]+ /\S* HTTP/[\d.]+"'
    r' \d{3} \d+ "[^"]*" "[^"]+"',
    "nginx/error.log": r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: \*\d+ \S.*",
    "syslog": r"<\d{1,3}>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [\w.-]+ \w+ (\d+|-) [\w-]+"
    r' (-|\[[\w@]+( \w+="([^"\\\]]|\\["\\\]])*")*\]) \S.*',
    "worker.log": r'[a-z_]+=([^\s"=]+|"([^"\\]|\\.)*")( [a-z_]+=([^\s"=]+|"([^"\\]|\\.)*"))*',
    "deploy.log": r"\x1b\[2m\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\x1b\[0m \x1b\[[\d;]+m\S+\x1b\[0m \s*\S.*",
    "payments.jsonl": r'\{"ts":"[^"]+Z","level":"(debug|info|error)",.*\}',
}
TRACE = r"Traceback \(most recent call last\):|  .*|[\w.]+(Error|Canceled|Unavailable): .*|The above exception .*|"


class StopWhen(threading.Event):
    """An event that is set when its condition holds; the writer's waits check it."""

    def __init__(self, condition: Callable[[], bool]) -> None:
        super().__init__()
        self._condition = condition

    def wait(self, timeout: float | None = None) -> bool:
        if self._condition():
            self.set()
        return super().wait(timeout)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    directory = tmp_path_factory.mktemp("samples")
    return {str(path.relative_to(directory)): read(path) for path in write_samples(directory)}


@pytest.fixture
def backlog(tmp_path: Path) -> Path:
    run(tmp_path, rate=0, seed=1, stop=threading.Event())
    return tmp_path


def read(path: Path) -> str:
    return path.read_bytes().decode()


def lines(path: Path) -> list[str]:
    return read(path).removesuffix("\n").split("\n")


def count(directory: Path) -> int:
    return sum(read(directory / name).count("\n") for name in FILES)


def size(directory: Path) -> int:
    return sum((directory / name).stat().st_size for name in FILES)


def without_times(text: str) -> str:
    return re.sub(r"\d{4}[-/]\d\d[-/]\d\d.\d\d:\d\d:\d\d([,.]\d{3}Z?)?|\[\d\d/\w{3}/[^]]*\]", "TIME", text)


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = write_samples(tmp_path / "a", seed=7), write_samples(tmp_path / "b", seed=7)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_another_seed_writes_another_story(tmp_path: Path) -> None:
    first, second = write_samples(tmp_path / "a", seed=1), write_samples(tmp_path / "b", seed=2)
    assert [path.read_bytes() for path in first] != [path.read_bytes() for path in second]


def test_committed_samples_are_what_the_generator_writes(samples: dict[str, str]) -> None:
    committed = {str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*") if path.is_file()}
    assert committed - {"README.md"} == set(samples)
    assert {name: read(SAMPLES / name) for name in samples} == samples


@given(seed=st.integers())
@settings(max_examples=15)
def test_any_seed_writes_whole_lines_of_utf8(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    for path in write_samples(tmp_path_factory.mktemp("seed"), seed=seed):
        text = read(path)
        assert text.endswith("\n")
        assert "§" not in text, "a placeholder was left"


@pytest.mark.parametrize("name", FILES)
def test_every_line_has_the_form_of_its_format(samples: dict[str, str], name: str) -> None:
    form = re.compile(f"{RECORDS[name]}|{TRACE}" if name == "shop.log" else RECORDS[name])
    assert [line for line in samples[name].splitlines() if not form.fullmatch(line)] == []


def test_payments_are_json_objects_sometimes_nested(samples: dict[str, str]) -> None:
    events = [json.loads(line) for line in samples["payments.jsonl"].splitlines()]
    assert all({"ts", "level", "service", "msg"} <= event.keys() for event in events)
    assert any(
        attempt["status"] == 503 for event in events if "error" in event for attempt in event["error"]["attempts"]
    )


def test_lines_of_a_file_are_in_the_order_of_their_times(samples: dict[str, str]) -> None:
    times = [json.loads(line)["ts"] for line in samples["payments.jsonl"].splitlines()]
    assert times == sorted(times)


def test_samples_are_small(samples: dict[str, str]) -> None:
    assert all(70 <= text.count("\n") <= 300 for text in samples.values())


def test_errors_carry_tracebacks_over_many_lines(samples: dict[str, str]) -> None:
    errors = re.findall(r" - ERROR - [^\n]+\nTraceback.*\n(?:  .*\n)+", samples["shop.log"])
    assert len(errors) > 3


def test_deploys_are_coloured_and_show_progress(samples: dict[str, str]) -> None:
    assert {"\x1b[1;36m", "\x1b[38;5;208m", "\x1b[1;38;2;80;200;120m"} <= set(
        re.findall(r"\x1b\[[\d;]+m", samples["deploy.log"])
    )
    assert "[██████████░░░░░░░░░░]\x1b[0m  50% web-1 drain" in samples["deploy.log"]


def test_chat_has_all_kinds_of_characters(samples: dict[str, str]) -> None:
    text = samples["chat.log"]
    assert any(unicodedata.east_asian_width(char) == "W" for char in text)
    assert any(unicodedata.combining(char) for char in text)
    assert {"R", "AL"} <= {unicodedata.bidirectional(char) for char in text}
    assert "\u200d" in text


def test_a_failed_payment_has_one_request_id_in_every_service(samples: dict[str, str]) -> None:
    events = [json.loads(line) for line in samples["payments.jsonl"].splitlines()]
    failed = [event["request_id"] for event in events if event["level"] == "error"]
    assert failed
    for request in failed:
        assert f" - ERROR - [{request}] " in samples["shop.log"]
        assert re.search(rf'{request} HTTP/2.0" 502 ', samples["nginx/access.log"])
        assert f"request_id={request} " in samples["worker.log"]


def test_a_slow_database_shows_in_three_logs(samples: dict[str, str]) -> None:
    request = re.search(r'request="(req-\w+)"', samples["syslog"])
    assert request
    assert f"[{request[1]}] order" in samples["shop.log"]
    assert f'{request[1]} HTTP/2.0" 504' in samples["nginx/access.log"]
    assert request[1] in samples["nginx/error.log"]


def test_a_deploy_changes_the_version_in_the_other_logs(samples: dict[str, str]) -> None:
    for name, form in (("worker.log", r"version=(\S+)"), ("payments.jsonl", r'"version":"([^"]+)"')):
        assert len(set(re.findall(form, samples[name]))) == 3
    deployed = re.findall(r"shop (\S+) is live", samples["deploy.log"])
    assert [f"starting shop {version} " in samples["shop.log"] for version in deployed] == [True, True]


def test_rate_zero_writes_a_backlog_that_ends_now(backlog: Path) -> None:
    assert 3000 < count(backlog) < 8000
    last = datetime.fromisoformat(lines(backlog / "worker.log")[-1].split()[0].removeprefix("ts="))
    assert 0 <= (datetime.now(UTC) - last).total_seconds() < 60


def test_times_without_a_zone_are_local(backlog: Path) -> None:
    shop = datetime.strptime(lines(backlog / "shop.log")[0].split(" - ")[0], "%Y-%m-%d %H:%M:%S,%f").astimezone()
    started = time.time() - BACKLOG_MS / 1000
    assert abs(shop.timestamp() - started) < 60


def test_the_same_seed_writes_the_same_backlog(backlog: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    again = tmp_path_factory.mktemp("again")
    run(again, rate=0, seed=1, stop=threading.Event())
    for name in FILES:
        assert without_times(read(backlog / name)) == without_times(read(again / name))


def test_live_lines_follow_the_backlog_and_are_whole(tmp_path: Path) -> None:
    sizes: list[int] = []

    def grown() -> bool:
        sizes.append(size(tmp_path))
        return sizes[-1] > sizes[0] + 100_000

    run(tmp_path, rate=5000, seed=1, stop=StopWhen(grown))
    assert all(read(tmp_path / name).endswith("\n") for name in FILES)
    times = [json.loads(line)["ts"] for line in lines(tmp_path / "payments.jsonl")]
    assert times == sorted(times)
    assert abs(datetime.fromisoformat(times[-1]).timestamp() - time.time()) < 60


@pytest.mark.parametrize("rate", [5, 20, 5000])
def test_lines_come_at_the_rate(rate: int) -> None:
    play, seconds = Play(3), max(10, 12_000 // rate)
    list(play.lines(10_000, rate=rate))
    due = play.lines(10_000 + seconds * 1000, rate=rate)
    written = sum(tail.count("\n") for _, lines in due for _, _, tail in lines)
    assert written == pytest.approx(rate * seconds, rel=0.1)


def test_a_new_rate_holds_from_the_first_second() -> None:
    play = Play(3)
    list(play.lines(60_000, rate=1))
    assert sum(len(due) for _, due in play.lines(61_000, rate=5000)) > 2500


def test_lines_at_a_low_rate_come_one_by_one() -> None:
    moments = [ms for ms, _ in Play(3).lines(60_000, rate=5)]
    assert len(moments) > 200
    assert max(after - before for before, after in itertools.pairwise(moments)) < 3000


def test_the_story_is_the_same_in_steps_of_any_size() -> None:
    at_once, stepwise = Play(4), Play(4)
    steps = [line for until in range(0, 60_001, 25) for _, due in stepwise.lines(until, rate=50) for line in due]
    assert steps == [line for _, due in at_once.lines(60_000, rate=50) for line in due]


def test_stop_ends_the_wait_for_the_next_line(tmp_path: Path) -> None:
    waits = threading.Semaphore(0)

    def note() -> bool:
        waits.release()
        return False

    stop = StopWhen(note)
    writer = threading.Thread(target=run, args=(tmp_path,), kwargs={"rate": 0.001, "seed": 1, "stop": stop})
    writer.start()
    assert waits.acquire(timeout=TIMEOUT)
    stop.set()
    # The next line is due in 1,000 s.
    writer.join(TIMEOUT)
    assert not writer.is_alive()


def test_shop_log_is_rotated_by_rename_and_three_are_kept(tmp_path: Path) -> None:
    inodes: list[int] = []

    def rotated() -> bool:
        inode = (tmp_path / "shop.log").stat().st_ino
        if inodes[-1:] != [inode]:
            inodes.append(inode)
        return len(inodes) > 5

    run(tmp_path, rate=20_000, seed=1, stop=StopWhen(rotated), rotate_bytes=20_000)
    assert [(tmp_path / f"shop.log.{n}").stat().st_ino for n in (1, 2, 3)] == inodes[-2:-5:-1]
    assert not (tmp_path / "shop.log.4").exists()


def test_the_backlog_is_not_rotated_away_at_once(tmp_path: Path) -> None:
    shown: list[int] = []

    def live() -> bool:
        shown.append(size(tmp_path))
        return shown[-1] > shown[0]

    run(tmp_path, rate=200, seed=1, stop=StopWhen(live), rotate_bytes=50_000)
    assert not list(tmp_path.rglob("*.1"))


def test_payments_are_rotated_by_copytruncate(tmp_path: Path) -> None:
    inodes: set[int] = set()

    def rotated() -> bool:
        inodes.add((tmp_path / "payments.jsonl").stat().st_ino)
        return (tmp_path / "payments.jsonl.2").exists() and (tmp_path / "payments.jsonl").stat().st_size > 0

    run(tmp_path, rate=5000, seed=1, stop=StopWhen(rotated), rotate_bytes=20_000)
    assert len(inodes) == 1
    kept = [json.loads(line) for end in (".2", ".1", "") for line in lines(tmp_path / f"payments.jsonl{end}")]
    assert [event["ts"] for event in kept] == sorted(event["ts"] for event in kept)


def test_logs_of_an_earlier_run_are_rotated_away(backlog: Path) -> None:
    before = read(backlog / "nginx" / "access.log")
    run(backlog, rate=0, seed=2, stop=threading.Event())
    assert read(backlog / "nginx" / "access.log.1") == before


def test_foreign_logs_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "syslog").write_text("a real one\n")
    with pytest.raises(FileExistsError, match="did not write"):
        run(tmp_path, rate=0, seed=1, stop=threading.Event())
    assert [path.name for path in tmp_path.iterdir()] == ["syslog"]


def test_a_missing_directory_is_created_and_marked(tmp_path: Path) -> None:
    run(tmp_path / "new" / "logs", rate=0, seed=1, stop=threading.Event())
    assert (tmp_path / "new" / "logs" / MARKER).exists()


def test_an_unwritable_directory_raises_oserror(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        run(tmp_path / "file" / "logs", rate=0, seed=1, stop=threading.Event())
    with pytest.raises(NotADirectoryError):
        write_samples(tmp_path / "file" / "logs")


@pytest.mark.parametrize("rate", [-1, float("inf"), float("nan")])
def test_an_impossible_rate_is_refused(tmp_path: Path, rate: float) -> None:
    with pytest.raises(ValueError, match="lines per second"):
        run(tmp_path / "new", rate=rate, seed=1, stop=threading.Event())
    assert not (tmp_path / "new").exists()
