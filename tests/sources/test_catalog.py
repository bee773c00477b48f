"""The catalog in this process."""

import gc
import math
from pathlib import Path

import pytest

from logviewer.files.byte_file import ByteFile
from logviewer.rotation.generation import Generation
from logviewer.settings import ANONYMOUS, RedactRule, Tables, User
from logviewer.sources import catalog as catalog_module
from logviewer.sources import expansion, local
from logviewer.sources.catalog import Catalog
from logviewer.sources.local import LocalSource

LINE = "password=abc"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "app.log"
    path.write_text(f"{LINE}\n")
    return path


def first_line(catalog: Catalog) -> str:
    source = catalog.find("app.log", ANONYMOUS)
    assert source
    batch = source.generations[0].read(source.generations[0].first())
    assert batch
    return batch.texts()[0]


def masking(mask: str) -> Tables:
    return Tables(redact=(RedactRule("password=\\w+", mask),))


def test_two_catalogs_redact_one_file_differently(log: Path) -> None:
    one, other = Catalog([str(log)], tables=masking("one")), Catalog([str(log)], tables=masking("other"))
    assert [first_line(one), first_line(other)] == ["one", "other"]


def test_a_closed_catalog_does_not_change_another_one(log: Path) -> None:
    one, other = Catalog([str(log)], tables=masking("one")), Catalog([str(log)], tables=masking("other"))
    del other
    gc.collect()
    assert first_line(one) == "one"


def test_lines_cannot_be_read_without_a_format(log: Path) -> None:
    with pytest.raises(TypeError, match="line_format"):
        LocalSource("app", log, name="app.log")  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="line_format"):
        Generation(ByteFile.open(log), b"key!")  # type: ignore[call-arg]


@pytest.mark.parametrize("glob", ["app.log", "app.log.1", "*.1"])
def test_the_rules_of_a_rotated_file_and_of_its_log_both_apply(log: Path, glob: str) -> None:
    log.with_name("app.log.1").write_text(f"{LINE}\n")
    log.write_text("new\n")
    catalog = Catalog([str(log)], tables=Tables(redact=(RedactRule("password=\\w+", files=(glob,)),)))
    assert first_line(catalog) == "***"


def test_a_log_of_its_own_leaves_the_history_of_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion, "_MOST_LOAD", math.inf)
    names = ["tornado.log", "tornado.log.1"]
    for name in names:
        (tmp_path / name).write_text(f"{name}\n")
    catalog = Catalog([str(tmp_path)])
    (source,) = catalog
    assert len(source.generations) == 2
    for _ in range(2):
        with (tmp_path / names[1]).open("a") as file:
            file.write("more\n")
        catalog._replace(*catalog._expand())
    assert [each.name for each in catalog] == names
    assert [len(each.generations) for each in catalog] == [1, 1]


def test_names_that_come_and_go_take_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalog_module, "_GONE_KEPT", 10)
    monkeypatch.setattr(local, "GRACE_SECONDS", -1.0)
    monkeypatch.setattr(expansion, "_MOST_LOAD", math.inf)
    catalog = Catalog([str(tmp_path)])
    for turn in range(5):
        paths = [tmp_path / f"pod-{turn}-{number}.log" for number in range(40)]
        for path in paths:
            path.write_text("x\n")
        catalog._replace(*catalog._expand())
        assert len(list(catalog)) == len(paths)
        catalog._poll_changed(catalog)
        for path in paths:
            path.unlink()
        catalog._poll_changed(catalog)
        catalog._replace(*catalog._expand())
        catalog._rest([])
        assert not list(catalog)
    # The next look forgets the listing with them.
    catalog._expand()
    del path, paths
    gc.collect()
    kept = {str(each) for each in gc.get_objects() if isinstance(each, Path) and each.parent == tmp_path}
    assert len(kept) <= 20


def test_the_rules_of_the_target_of_a_symlink_apply(log: Path) -> None:
    link = log.with_name("link.log")
    link.symlink_to(log)
    catalog = Catalog([str(link)], tables=Tables(redact=(RedactRule("password=\\w+", files=("app.log",)),)))
    source = catalog.find("link.log", ANONYMOUS)
    assert source
    batch = source.generations[0].read(source.generations[0].first())
    assert batch
    assert batch.texts() == ["***"]


@pytest.mark.parametrize(
    ("glob", "is_visible"),
    [("app.log", True), ("app-*.log", True), ("app-2026-11-26.log", False), ("other.log", False)],
)
def test_a_user_sees_dated_files_whose_common_name_or_own_names_are_all_allowed(
    tmp_path: Path, glob: str, is_visible: bool
) -> None:
    for day in (25, 26):
        (tmp_path / f"app-2026-11-{day}.log").write_text(f"{LINE} {day}\n")
    user = User("one", sources=(glob,))
    assert [each.name for each in Catalog([str(tmp_path)]).visible_to(user)] == ["app.log"] * is_visible


def test_a_host_is_part_of_ids_and_shown_names(log: Path) -> None:
    (local,), (one,), (other,) = (
        Catalog([str(log)]),
        Catalog([str(log)], host="web-1"),
        Catalog([str(log)], host="web.1"),
    )
    assert [local.name, one.name, other.name] == ["app.log", "web-1:app.log", "web.1:app.log"]
    assert one.id.startswith("web-1-app-log-")
    assert len({local.id, one.id, other.id}) == len({local.key, one.key, other.key}) == 3
    assert (one.status().name, one.status().host, local.status().host) == ("web-1:app.log", "web-1", None)
    assert one.status().log == local.status().log == str(log)
    (again,) = Catalog([str(log)], host="web-1")
    assert (again.id, again.key) == (one.id, one.key)


def test_output_is_matched_by_its_name_alone(log: Path) -> None:
    (source,) = Catalog([], outputs={log: "journal"}, host="web-1")
    status = source.status()
    assert (status.name, status.plain_name, status.path, status.log) == (
        "web-1:journal",
        "journal",
        str(log),
        "journal",
    )
    for glob, seen in {"web-1:journal": True, "web-1:/**": False, "web-1:app.log": False}.items():
        assert User("ann", sources=(glob,)).may_see(status.log, status.plain_name, status.host) == seen


def test_hosts_with_long_names_have_ids_of_their_own(log: Path) -> None:
    (one,), (other,) = Catalog([str(log)], host="web" * 80 + "1"), Catalog([str(log)], host="web" * 80 + "2")
    assert one.id != other.id


@pytest.mark.parametrize("file", ["app.log", "/**/app.log"])
def test_rules_of_a_host_match_plain_names_and_paths(log: Path, file: str) -> None:
    catalog = Catalog([str(log)], tables=Tables(redact=(RedactRule("password=\\w+", files=(file,)),)), host="web-1")
    source = catalog.find("web-1:app.log", ANONYMOUS)
    assert source
    batch = source.generations[0].read(source.generations[0].first())
    assert batch
    assert batch.texts() == ["***"]


@pytest.mark.parametrize(
    ("glob", "seen"),
    [
        ("web-*:*", True),
        ("web-1:/**/app.log", True),
        ("*", True),
        ("app.log", False),
        ("/**", False),
        ("web-2:*", False),
    ],
)
def test_globs_of_a_user_see_a_host(log: Path, glob: str, seen: bool) -> None:
    assert len(Catalog([str(log)], host="web-1").visible_to(User("ann", sources=(glob,)))) == seen
