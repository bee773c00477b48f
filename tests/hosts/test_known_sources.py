"""The sources of a catalog and of a fleet, as one list."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from logviewer.hosts.choosing import Choice, NoSourceError
from logviewer.hosts.known_sources import Found, KnownSources
from logviewer.hosts.status import HostStatus
from logviewer.settings import ANONYMOUS, User
from logviewer.sources.catalog import Catalog
from tests.helpers.fleet import MadeUpFleet, facts_of

PATHS: dict[str, Sequence[str]] = {
    "web-1": ["/var/log/access.log", "/var/log/error.log"],
    "web-2": ["/var/log/access.log"],
    "db-1": ["/var/log/postgres/main.log"],
}
ROLES = {"web-1": {"role": "web"}, "web-2": {"role": "web"}, "db-1": {"role": "db"}}


@pytest.fixture
def fleet() -> MadeUpFleet:
    return MadeUpFleet.of(PATHS, ROLES)


@pytest.fixture
def known(tmp_path: Path, fleet: MadeUpFleet) -> KnownSources:
    (tmp_path / "access.log").write_text("line\n")
    return KnownSources(Catalog([str(tmp_path)]), fleet)


def chosen(known: KnownSources, choice: Choice, user: User = ANONYMOUS) -> list[str]:
    return [each.name for each in choose(known, choice, user)]


def choose(known: KnownSources, choice: Choice, user: User = ANONYMOUS) -> list[Found]:
    return asyncio.run(known.choose(choice, user))


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        (Choice(source=["web-2:access.log", "access.log"]), ["web-2:access.log", "access.log"]),
        (Choice(source=["access.log", "access.log"]), ["access.log"]),
        (Choice(host=["web-*"]), ["web-1:access.log", "web-1:error.log", "web-2:access.log"]),
        (Choice(path=["access.log"]), ["access.log", "web-1:access.log", "web-2:access.log"]),
        (Choice(label=["role=web"], path=["/var/log/e*"]), ["web-1:error.log"]),
        (Choice(source=["web-2:access.log", "access.log"], host=["*"]), ["web-2:access.log"]),
    ],
)
def test_choices_are_made_over_the_server_and_all_hosts(known: KnownSources, choice: Choice, names: list[str]) -> None:
    assert chosen(known, choice) == names


def test_ids_choose_what_names_choose(known: KnownSources) -> None:
    every = known.listed(Choice(), [], ANONYMOUS)
    assert len(every) == 5
    for each in every:
        assert choose(known, Choice([each.id])) == choose(known, Choice([each.name])) == [each]


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(host=["mail-*"], path=["*.log"]), "no source matches host=mail-\\* path=\\*.log; see /api/sources"),
        (Choice(source=["access.log"], host=["web-1"]), "no source matches source=access.log host=web-1; see"),
        (
            Choice(source=["web-3:access.log"]),
            "source: 'web-3:access.log' is not an id or the name of exactly one",
        ),
        (Choice(source=["access"], path=["*"]), "source: 'access' is not an id"),
    ],
)
def test_a_choice_without_sources_is_an_error(known: KnownSources, choice: Choice, words: str) -> None:
    with pytest.raises(NoSourceError, match=words):
        chosen(known, choice)


def test_a_list_has_the_sources_with_these_ids_or_names(known: KnownSources) -> None:
    every = known.listed(Choice(), [], ANONYMOUS)
    wanted = [every[3].id, "web-1:access.log", "access.log", every[3].name, "web-9:access.log", "nothing"]
    found = known.listed(Choice(wanted), [], ANONYMOUS)
    assert {each.name for each in found} == {"access.log", "web-1:access.log", every[3].name}
    assert len(found) == 3
    assert known.listed(Choice(wanted, host=["web-1"]), [], ANONYMOUS) == [every[1]]
    assert known.listed(Choice([every[1].id]), [], User("ann", sources=("db-1:*",))) == []


def test_a_name_of_two_sources_finds_neither(tmp_path: Path, fleet: MadeUpFleet) -> None:
    (tmp_path / "web-2:access.log").write_text("line\n")
    known = KnownSources(Catalog([str(tmp_path)]), fleet)
    with pytest.raises(NoSourceError):
        chosen(known, Choice(source=["web-2:access.log"]))


@pytest.mark.parametrize(
    ("globs", "names", "hosts"),
    [
        (("web-*:access.log",), ["web-1:access.log", "web-2:access.log"], {"web-1": 1, "web-2": 1}),
        (("db-1:/var/log/**",), ["db-1:main.log"], {"db-1": 1}),
        (("db-1:nothing",), [], {"db-1": 0}),
        (("access.log",), ["access.log"], {}),
        (("/**",), ["access.log"], {}),
    ],
)
def test_a_user_sees_the_hosts_of_his_globs(
    known: KnownSources, globs: tuple[str, ...], names: list[str], hosts: dict[str, int]
) -> None:
    user = User("ann", sources=globs)
    assert [each.name for each in known.listed(Choice(), [], user)] == names
    assert {each.name: each.sources for each in known.hosts(user)} == hosts
    for each in known.listed(Choice(), [], ANONYMOUS):
        seen = each.name in names
        for wanted in (each.id, each.name):
            if seen:
                assert choose(known, Choice([wanted]), user) == [each]
            else:
                with pytest.raises(NoSourceError):
                    choose(known, Choice([wanted]), user)


def test_a_user_sees_new_sources_of_a_host(known: KnownSources, fleet: MadeUpFleet) -> None:
    user = User("ann", sources=("web-2:*",))
    assert chosen(known, Choice(host=["*"]), user) == ["web-2:access.log"]
    fleet.facts["web-2"] = (facts_of("web-2", "/var/log/new.log"),)
    assert chosen(known, Choice(host=["*"]), user) == ["web-2:new.log"]


def test_globs_do_not_match_the_files_of_output_or_dated_files(known: KnownSources, fleet: MadeUpFleet) -> None:
    output = replace(facts_of("web-1", "/var/lib/logviewer/commands/1/lines"), name="web-1:journal", log="journal")
    dated = replace(facts_of("web-1", "/srv/app-2026-11-27.log"), name="web-1:app-.log", log="/srv/app-.log")
    fleet.facts["web-1"] = (output, dated)
    for glob in ("web-1:/var/**", "web-1:/srv/app-2026-11-27.log", "web-1:lines"):
        assert known.listed(Choice(), [], User("ann", sources=(glob,))) == []
    for glob in ("web-1:journal", "web-1:/srv/*.log"):
        assert len(known.listed(Choice(), [], User("ann", sources=(glob,)))) == 1


@pytest.mark.parametrize("state", ["absent", "gone", "expected"])
def test_sources_of_a_host_that_is_not_here_are_absent(known: KnownSources, fleet: MadeUpFleet, state: str) -> None:
    fleet.statuses[0] = HostStatus("web-1", state)  # type: ignore[arg-type]
    states = {each.name: each.state for each in known.listed(Choice(), [], ANONYMOUS)}
    assert [name for name, each in states.items() if each == "absent"] == ["web-1:access.log", "web-1:error.log"]


def test_few_hosts_are_asked_for_present_facts(known: KnownSources, fleet: MadeUpFleet) -> None:
    few = known.listed(Choice(host=["web-*"]), [], ANONYMOUS)
    assert asyncio.run(known.refresh(few))
    assert sorted(fleet.refreshed) == ["web-1", "web-2"]
    fleet.refreshed.clear()
    many = [facts_of(f"web-{number}", "/var/log/access.log") for number in range(100)]
    assert not asyncio.run(known.refresh(many))
    assert not asyncio.run(known.refresh(known.listed(Choice(), ["nothing"], ANONYMOUS)))
    assert fleet.refreshed == []


def test_a_server_without_hosts_has_none(tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text("line\n")
    known = KnownSources(Catalog([str(tmp_path)]))
    assert known.hosts(ANONYMOUS) == []
    with pytest.raises(NoSourceError, match=r"no source matches host=\*; see /api/sources"):
        chosen(known, Choice(host=["*"]))
    assert chosen(known, Choice(path=["*.log"])) == ["access.log"]
