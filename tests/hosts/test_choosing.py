"""Choices of sources, over facts alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logviewer.hosts.choosing import Choice, ChoiceError, has_words
from tests.helpers.fleet import facts_of

FACTS = facts_of("web-1", "/var/log/nginx/access.log")
LABELS = {"role": "web", "zone": "a"}


@pytest.mark.parametrize(
    ("choice", "allowed"),
    [
        (Choice(), True),
        (Choice(host=["web-1"]), True),
        (Choice(host=["web-*"]), True),
        (Choice(host=["db-*", "*-1"]), True),
        (Choice(host=["web"]), False),
        (Choice(host=[""]), False),
        (Choice(label=["role=web"]), True),
        (Choice(label=["role=*"]), True),
        (Choice(label=["role=db", "role=w?b"]), True),
        (Choice(label=["role=web", "zone=b"]), False),
        (Choice(label=["rack=*"]), False),
        (Choice(label=["ro*=web"]), False),
        (Choice(host=["web-*"], label=["role=db"]), False),
        (Choice(host=["db-*"], label=["role=web"]), False),
    ],
)
def test_hosts_match_by_name_and_labels(choice: Choice, allowed: bool) -> None:
    assert choice.allows_host("web-1", LABELS) == allowed


@pytest.mark.parametrize("choice", [Choice(host=["*"]), Choice(label=["role=*"])])
def test_files_of_the_server_itself_have_no_host(choice: Choice) -> None:
    assert not choice.allows_host(None, {})
    assert Choice(path=["*"]).allows_host(None, {})


def test_an_empty_host_is_the_server_itself() -> None:
    assert Choice(host=["", "web-2"]).allows_host(None, {})
    assert not Choice(host=[""], label=["role=*"]).allows_host(None, {})
    assert not Choice(host=[""]).allows_host("web-1", LABELS)


@pytest.mark.parametrize(
    ("glob", "allowed"),
    [
        ("access.log", True),
        ("*.log", True),
        ("/var/log/**", True),
        ("/var/log/*/access.log", True),
        ("/var/log/*.log", False),
        ("web-1:access.log", False),
        ("", False),
    ],
)
def test_paths_match_as_on_their_host(glob: str, allowed: bool) -> None:
    assert Choice(path=[glob]).allows_path(FACTS) == allowed
    assert Choice(path=["nothing", glob]).allows_path(FACTS) == allowed


@pytest.mark.parametrize("label", ["role", "=web", "", "="])
def test_a_label_without_key_or_glob_is_an_error(label: str) -> None:
    with pytest.raises(ChoiceError, match=r"^label: .* is not of the form key=glob$"):
        Choice(label=[label]).check()


def test_a_choice_needs_something_to_choose_by() -> None:
    with pytest.raises(ChoiceError, match=r"^source: required"):
        Choice().check()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], True),
        (["ACCESS nginx"], True),
        (["web-1", "log"], True),
        (["access", "apache"], False),
        (["web-1:acc"], True),
    ],
)
def test_all_words_are_in_the_name_or_the_path(words: list[str], found: bool) -> None:
    assert has_words(FACTS, words) == found


GLOBS = st.lists(st.text("ab*?", max_size=3), max_size=3)
LABEL_GLOBS = st.lists(st.builds("{}={}".format, st.sampled_from("ab"), st.text("ab*", max_size=2)), max_size=3)
CHOICES = st.builds(Choice, host=GLOBS, label=LABEL_GLOBS, path=GLOBS)


@given(CHOICES, CHOICES, st.text("ab", min_size=1, max_size=3), st.dictionaries(st.sampled_from("ab"), st.text("ab")))
def test_more_of_one_kind_widens_and_of_another_narrows(
    one: Choice, other: Choice, host: str, labels: dict[str, str]
) -> None:
    facts = facts_of(host, "/logs/ab")

    def allows(choice: Choice) -> bool:
        return choice.allows_host(host, labels) and choice.allows_path(facts)

    both_kinds = replace(one, path=other.path)
    assert allows(both_kinds) == (one.allows_host(host, labels) and other.allows_path(facts))
    if one.host and other.host:
        wide = Choice(host=[*one.host, *other.host])
        assert allows(wide) == (allows(Choice(host=one.host)) or allows(Choice(host=other.host)))
    if one.path and other.path:
        wide = Choice(path=[*one.path, *other.path])
        assert allows(wide) == (allows(Choice(path=one.path)) or allows(Choice(path=other.path)))
