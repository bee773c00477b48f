"""Documents, docstrings, comments, messages and labels are in plain English: see tests/helpers/prose.py.

One room: ``pytest tests/test_prose.py -k views``.
"""

import pytest

from tests.helpers.prose import PATTERNS, Pattern, findings, passages, rooms


@pytest.mark.parametrize("room", rooms())
def test_prose_is_plain(room: str) -> None:
    found = [str(each) for each in findings(room)]
    assert not found, "\n".join([f"{len(found)} phrases to reword:", *found])


@pytest.mark.parametrize("pattern", PATTERNS, ids=[each.id for each in PATTERNS])
def test_a_pattern_matches_its_bad_samples_only(pattern: Pattern) -> None:
    assert [text for text in pattern.bad if not list(pattern.search(text))] == []
    assert [text for text in pattern.good if list(pattern.search(text))] == []


def test_all_kinds_of_text_are_read() -> None:
    found = {each.file.rpartition(".")[2]: each for room in rooms() for each in passages(room)}
    assert found.keys() >= {"md", "py", "js", "css", "html", "service"}
