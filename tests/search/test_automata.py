"""Automata of patterns: their memory and the size of their programs are bounded."""

import random
import re
import subprocess
import sys

import pytest

from logviewer.errors import QueryError
from logviewer.files.encoding import UTF8
from logviewer.formats.line_format import PLAIN
from logviewer.search.automata import MOST_INSTRUCTIONS, Automata
from logviewer.search.matcher import Matcher
from logviewer.search.query import Query

# Each pattern needs as many states as its automaton may have.
_MATCH = """
import random, resource
from logviewer.files.encoding import UTF8
from logviewer.formats.line_format import PLAIN
from logviewer.search.matcher import Matcher
from logviewer.search.query import Query

data = bytes(random.Random(1).choices(b"ab", k=30_000)) + b"\\n"
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
Matcher(Query(include=("[ab]*a[ab]{14}c",), regex=True), UTF8, PLAIN).match(data)
before = peak()
kept = []
for number in range(2):
    texts = tuple(f"[ab]*a[ab]{{{14 + count + number}}}[ac]" for count in range(50))
    kept.append(Matcher(Query(include=texts, regex=True), UTF8, PLAIN))
    kept[-1].match(data)
    for text in texts:
        Matcher(Query(include=(text,), regex=True), UTF8, PLAIN).match(data)
print(peak() - before)
"""


def test_the_memory_of_all_patterns_is_bounded() -> None:
    output = subprocess.run([sys.executable, "-c", _MATCH], capture_output=True, check=True, text=True).stdout
    assert int(output) < 150


def test_the_least_recently_used_automaton_is_dropped() -> None:
    automata = Automata(most_bytes=3 * 8 * 1024 * 1024)
    one, two = (automata.find(text, is_plain=False) for text in ("one", "two"))
    automata.find("three", is_plain=False)
    assert automata.find("one", is_plain=False) is one
    automata.find("four", is_plain=False)
    assert automata.find("one", is_plain=False) is one
    assert automata.find("two", is_plain=False) is not two


def test_plain_texts_share_the_memory_of_few_regular_expressions() -> None:
    automata = Automata()
    texts = [random.Random(number).randbytes(20).hex() for number in range(500)]
    found = [automata.find(text, is_plain=True) for text in texts]
    assert [automata.find(text, is_plain=True) for text in texts] == found


@pytest.mark.parametrize(
    "texts",
    [
        (r"\pL{500}X",),
        ("a" * (MOST_INSTRUCTIONS + 1),),
        tuple(f"{letter}{'[ab]' * 1_000}" for letter in "abcdef"),
        ("|".join(f"{number}y[ab]{{99}}" for number in range(100)),),
    ],
)
def test_large_programs_are_refused(texts: tuple[str, ...]) -> None:
    for query in (Query(include=texts, regex=True), Query(exclude=texts, regex=True)):
        with pytest.raises(QueryError, match=re.escape(f"more than {MOST_INSTRUCTIONS} instructions")):
            Matcher(query, UTF8, PLAIN)


def test_ordinary_regular_expressions_are_accepted() -> None:
    ids = "|".join(random.Random(number).randbytes(16).hex() for number in range(100))
    for text in (ids, "()" * 3_000, r"(?i)\w+é[à-ü]+x", r"\b(?:\d{1,3}\.){3}\d{1,3}\b", r"\pL+ \pN{1,9}"):
        Matcher(Query(include=(text,), regex=True), UTF8, PLAIN)
    Matcher(Query(include=("a" * 20_000,)), UTF8, PLAIN)
