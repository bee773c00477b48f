"""Which log a name proposes, and which of two rotated files is older by its name."""

from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.files.rotations import common_name, is_compressed, is_unreadable, parse, proposed_logs

AGES = {
    "logrotate numbers": ("app.log", ["app.log.11", "app.log.10", "app.log.9", "app.log.2", "app.log.1"]),
    "numbers from zero": ("app.log", ["app.log.1", "app.log.0"]),
    "no extension": ("syslog", ["syslog.2", "syslog.1"]),
    "logrotate dateext": ("app.log", ["app.log-20251231", "app.log-20261119", "app.log-20261120"]),
    "logrotate dateext with hours": ("app.log", ["app.log-2026112009", "app.log-2026112010"]),
    "logrotate seconds since 1970": ("app.log", ["app.log-1795168800", "app.log-1795172400"]),
    "python, each day": ("app.log", ["app.log.2026-11-19", "app.log.2026-11-20"]),
    "python, each minute": ("app.log", ["app.log.2026-11-20_09-59", "app.log.2026-11-20_10-00"]),
    "python, each second": ("app.log", ["app.log.2026-11-20_10-00-09", "app.log.2026-11-20_10-00-10"]),
    "log4j, each day": ("app.log", ["app-2026-11-19.log", "app-2026-11-20.log"]),
    "log4j, by day and size": ("app.log", ["app-2026-11-19-2.log", "app-2026-11-20-1.log", "app-2026-11-20-2.log"]),
    "a number before the extension": ("app.log", ["app.2.log", "app.1.log"]),
    "kubernetes": ("0.log", ["0.log.20261120-101009", "0.log.20261120-101010"]),
    "ISO 8601": ("app.log", ["app.log.2026-11-20T09:59:59", "app.log.2026-11-20T10:00:00"]),
    "old": ("app.log", ["app.log.old"]),
    "old before the extension": ("app.log", ["app.old.log"]),
    "old after a dash": ("slow.log", ["slow.log-old"]),
    "CUPS": ("access_log", ["access_log.O"]),
    "Serilog, each month": ("log.txt", ["log202610.txt", "log202611.txt"]),
    "previous": ("app.log", ["app.log.prev"]),
    "hours and minutes in UTC": ("app.log", ["app.log.20261126T1009Z", "app.log.20261126T1010Z"]),
    "logrotate, date and seconds": ("app.log", ["app.log-20261126-1795717187", "app.log-20261126-1795717188"]),
    "month first": ("app.log", ["app-12-31-2025-1.log", "app-11-25-2026-1.log", "app-11-25-2026-2.log"]),
    "a number after the date": ("app.log", ["app.2026-11-26.0.log", "app.2026-11-26.1.log", "app.2026-11-27.0.log"]),
    "lumberjack": ("app.log", ["app-2026-11-26T09-59-59.999.log", "app-2026-11-26T10-00-00.000.log"]),
    "pm2": ("app-out.log", ["app-out__2026-11-25_00-00-00.log", "app-out__2026-11-26_00-00-00.log"]),
    "log4net": ("app.log", ["app.log20261124", "app.log20261125"]),
    "WebSphere": ("SystemOut.log", ["SystemOut_26.11.24_23.59.59.log", "SystemOut_26.11.25_01.02.03.log"]),
    "rotatelogs": ("access_log", ["access_log.1732579200", "access_log.1732665600"]),
    "svlogd": (
        "current",
        ["@400000006b00eef51234abcd.s", "@400000006b00eef51234abce.s", "@400000006b00eef60000abcd.u"],
    ),
    "each month": ("app.log", ["app-2026-10.log", "app-2026-11.log"]),
    "WebLogic": ("server.log", ["server.log00002", "server.log00001"]),
    "a dash and a number": ("app.log", ["app-2.log", "app-1.log"]),
    "backups": ("app.log", ["app.log.bak"]),
    "an editor's backup": ("app.log", ["app.log~"]),
    "dates are older than numbers": ("app.log", ["app.log-20261120", "app.log.2", "app.log.1"]),
}
FOREIGN = {
    "a longer name": ("app.log", ["apple.log", "app.logger", "apple.log.1", "app2.log", "app.log2"]),
    "another stem": ("app.log", ["web-app.log", "my.app.log.1", "other.log.1"]),
    "another extension": ("app.log", ["app.err.1", "app-2026-11-20.txt", "app.1"]),
    "a word": ("app.log", ["app.error.log", "app-debug.log", "app.log.older", "app.log.error"]),
    "the log itself": ("app.log", ["app.log"]),
    "another container's log": ("0.log", ["1.log", "10.log", "1.log.20261120-101010"]),
    "nothing after the dot": ("app.log", ["app.log.", "app.log-"]),
    "no day of any year": ("app.log", ["app.log.2026-11-26_25-00", "app-2026-13-01.log", "app202613.log"]),
    "no log of svlogd": ("other", ["@400000006b00eef51234abcd.s"]),
}
LIVE_OR_NOT = {"tenant.log": "tenant-1001.log", "worker.log": "worker.12345.log", "redis.log": "redis_6379.log"}
USUAL = {"app.log": "app.log.1", "current": "@400000006b00eef51234abcd.s", "out.log": "out-2026-11-26.log"}


def oldest_first(base: str, names: Iterable[str]) -> list[str]:
    found = {name: parsed for name in names if (parsed := parse(base, name))}
    return sorted(found, key=lambda name: found[name])


@pytest.mark.parametrize(("base", "names"), AGES.values(), ids=AGES)
def test_names_have_an_order(base: str, names: list[str]) -> None:
    assert oldest_first(base, reversed([*names, base])) == names
    assert oldest_first(base, names) == names


@pytest.mark.parametrize(("base", "names"), AGES.values(), ids=AGES)
def test_a_name_proposes_its_log(base: str, names: list[str]) -> None:
    assert [list(proposed_logs(name, {base, *names})) for name in names] == [[base]] * len(names)
    assert list(proposed_logs(base, {base, *names})) == []


@pytest.mark.parametrize(("base", "names"), AGES.values(), ids=AGES)
@pytest.mark.parametrize("ending", [".gz", ".zst", ".xz", ".bz2", ".lz4"])
def test_a_compressed_name_proposes_the_same_log(base: str, names: list[str], ending: str) -> None:
    assert all(parse(base, name + ending) == parse(base, name) for name in names)
    assert all(list(proposed_logs(name + ending, {base})) == [base] for name in names)
    assert all(is_compressed(name + ending) and not is_compressed(name) for name in names)


@pytest.mark.parametrize(("base", "names"), AGES.values(), ids=AGES)
@pytest.mark.parametrize("ending", [".tmp", ".gz.tmp", ".zip", ".Z"])
def test_archives_and_unfinished_files_have_the_same_log_and_cannot_be_read(
    base: str, names: list[str], ending: str
) -> None:
    assert all(list(proposed_logs(name + ending, {base})) == [base] for name in names)
    assert all(is_unreadable(name + ending) and not is_unreadable(name) for name in names)


@pytest.mark.parametrize(("base", "names"), FOREIGN.values(), ids=FOREIGN)
def test_other_names_propose_nothing(base: str, names: list[str]) -> None:
    assert oldest_first(base, names) == []
    assert not any(list(proposed_logs(name, {base})) for name in names)


def test_ports_and_process_ids_are_not_usual() -> None:
    assert [(found := parse(*names)) and found.is_usual for names in LIVE_OR_NOT.items()] == [False] * 3
    assert [(found := parse(*names)) and found.is_usual for names in USUAL.items()] == [True] * 3


bases = st.from_regex(r"[a-z0-9]{1,5}([._-][a-z][a-z0-9]{0,3}){0,3}", fullmatch=True)
suffixes = st.sampled_from(
    [".1", ".12", "-20261120", ".2026-11-20_10-00", ".old", "-2026-11-20", ".20261120-101010", "~"]
)


@given(bases, suffixes)
def test_both_questions_about_a_name_have_one_answer(base: str, suffix: str) -> None:
    name = base + suffix
    assert parse(base, name)
    assert list(proposed_logs(name, {base, name})) == [base]


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_name_raises(base: str, name: str) -> None:
    assert (parse(base, name) is not None) >= bool(list(proposed_logs(name, {base})))


COMMON = {
    "postgresql-2026-11-26.log": "postgresql.log",
    "postgresql-2026-11-26_000000.log": "postgresql.log",
    "u_ex261126.log": "u_ex.log",
    "u_ex26112610.log": "u_ex.log",
    "catalina.2026-11-26.log": "catalina.log",
    "log20261126.txt": "log.txt",
    "log202611.txt": "log.txt",
    "log20261126_001.txt": "log.txt",
    "app-2026-10-11-12.log": "app.log",
    "app-2026-11-26.log.1": "app.log",
    "app_2026-11-26_error.log": "app_error.log",
    "2026-11-26-error.log": "error.log",
    "2026-11-26.log": ".log",
    "20261126_app.log": "app.log",
    "web.host.user.log.INFO.20261126-101010.12345": "web.host.user.log.INFO",
    "gc.log.0.current": "gc.log",
}
WITHOUT_A_DATE = ["app.log", "app.log.1", "app-8080.log", "worker.261126.log", "20261126", "gc.log.0", "a.tar.gz"]


@pytest.mark.parametrize(("name", "common"), COMMON.items())
def test_dated_names_have_a_common_part(name: str, common: str) -> None:
    assert common_name(name) == common
    assert common_name(name + ".gz") == common
    assert parse(common, name)


def test_other_names_have_no_common_part() -> None:
    assert {name: common for name in WITHOUT_A_DATE if (common := common_name(name))} == {}


days = st.dates(min_value=date(2000, 1, 1), max_value=date(2099, 12, 31))


@given(days, days)
def test_dated_names_are_ordered_by_their_dates(one: date, other: date) -> None:
    for form in ("app-%Y-%m-%d.log", "app.%Y%m%d.log", "app_%Y.%m.%d.log", "log%Y%m%d.txt", "%Y-%m-%d-app.log"):
        names = [each.strftime(form) for each in (one, other)]
        common = common_name(names[0])
        assert common
        first, second = parse(common, names[0]), parse(common, names[1])
        assert first
        assert second
        assert (first < second) == (names[0] < names[1])
