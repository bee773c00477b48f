"""Which lines continue the record before them."""

import pytest

from logviewer.formats.line_format import PLAIN
from logviewer.formats.record import continues, record_at

JAVA = """2026-11-20 10:00:00,123 ERROR [main] com.foo.Bar - it failed
java.lang.IllegalStateException: bad
\tat com.foo.Bar.run(Bar.java:12)
\t... 12 more
Caused by: java.io.IOException: gone
\tat com.foo.Baz.read(Baz.java:3)
2026-11-20 10:00:01,000 INFO [main] com.foo.Bar - on"""

PYTHON = """ERROR:root:it failed
Traceback (most recent call last):
  File "a.py", line 3, in <module>
    1 / 0
ZeroDivisionError: division by zero

During handling of the above exception, another exception occurred:
  File "b.py", line 1
app.errors.NotFoundError: x
INFO:root:on"""

GO = """2026/11/20 10:00:00 panic: it failed
goroutine 1 [running]:
\t/main.go:12 +0x1d
created by main.main
2026/11/20 10:00:01 on"""

JSON = """2026-11-20T10:00:00Z INFO config
  "a": 1
}
2026-11-20T10:00:01Z INFO on"""

NODE = """2026-11-20T10:00:00Z error: it failed
TypeError: x is not a function
    at Object.<anonymous> (/app/a.js:1:1)
2026-11-20T10:00:01Z info: on"""


@pytest.mark.parametrize("text", [JAVA, PYTHON, GO, JSON, NODE], ids=["Java", "Python", "Go", "JSON", "Node"])
def test_inner_lines_continue_the_record(text: str) -> None:
    lines = text.split("\n")
    assert [continues(line, PLAIN) for line in lines] == [False, *[True] * (len(lines) - 2), False]


@pytest.mark.parametrize(
    "line", ["plain words", "Nov 20 10:00:00 host sshd[1]: x", '{"a":1}', "  2026-11-20 10:00:00 indented", "INFO: x"]
)
def test_a_whole_line_begins_a_record(line: str) -> None:
    assert not continues(line, PLAIN)


CUSTOM = """2026-11-20 10:00:00 ERROR it failed
Traceback (most recent call last):
shop.errors.OutOfStock: what the name of does not say what it is
and words
2026-11-20 10:00:01 INFO on
WARNING: on its own"""


def test_a_line_without_a_time_continues_a_timed_one() -> None:
    lines = CUSTOM.split("\n")
    assert [record_at(lines, number, PLAIN) for number in range(6)] == [(0, 4)] * 4 + [(4, 5), (5, 6)]


def test_without_times_only_a_trace_continues() -> None:
    lines = ["one", "two", "Traceback (most recent call last):", "  File", "KeyError: 1", "three"]
    assert [record_at(lines, number, PLAIN) for number in range(6)] == [(0, 1), (1, 5), (1, 5), (1, 5), (1, 5), (5, 6)]


PANIC = """2026-11-20 10:00:00 INFO on
panic: runtime error: no
[signal SIGSEGV: code=0x1]

goroutine 1 [running]:
main.main()
\t/app/main.go:12 +0x1d
exit status 2
2026-11-20 10:00:01 INFO next"""


def test_an_uncaught_error_is_one_record() -> None:
    lines = PANIC.split("\n")
    found = [record_at(lines, number, PLAIN) for number in range(9)]
    assert found == [(0, 1), *[(1, 8)] * 7, (8, 9)]
