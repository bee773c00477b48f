"""Reports of uncaught errors, as runtimes and kernels write them: they carry neither a time nor a level."""

import re
from collections.abc import Sequence

from logviewer.formats.level_words import Level

TRACEBACK = "Traceback (most recent call last):"
_KERNEL_PREFIX = r"(?:[^\[\]]{10,90} kernel: )?\[ *\d+\.\d{6}\](?:\[ *[TC]\d+\])? "
_SCRIPT = r"(?:(?:file://)?/\S+\.[cm]?[jt]s|node:[\w/.-]+):\d+"
_RUBY = r"[^\s:]+\.rb:\d+:in\ [`'][^']*':\ "
_HASKELL = r"[\w./-]+:[ ]"
# The first line of a report; a group names its level unless it is "error".
_CRASH = re.compile(
    rf"""Exception\ in\ thread\ "[^"]*"\ | thread\ '[^']*'\ (?:\(\d+\)\ )?panicked\ at
      | Unhandled\ [Ee]xception[.:\ ] | Uncaught\ (?:\w*Error\b|\w*Exception\b|\(in\ promise\))
      | Fatal\ Python\ error:\ | terminate\ called\ (?:after|without) | libc\+\+abi:\ terminating
      | {_SCRIPT}$ | {_RUBY}.*\([A-Z][\w:]*\)$
      | PHP\ (?:Fatal|Parse|Recoverable\ fatal)\ error:\ [ ]
      | (?P<warning>PHP\ Warning:\ ) | (?P<notice>PHP\ Notice:\ )
      | (?:Died|Can't\ (?:locate\ \S+\ in\ @INC|call\ method|open|use)\b.*)\ at\ \S+\ line\ \d+\.$
      | (?:Segmentation\ fault|Aborted|Bus\ error|Illegal\ instruction|Floating\ point\ exception)\ \(core\ dumped\)$
      | \S+:\ \S+:\d+:\ .*Assertion\ .*\ failed\.$ | \*\*\*\ .*\ detected\ \*\*\*
      | (?:free|malloc|realloc|munmap_chunk)\(\):\ | =+\d+=+\ ?ERROR:\ | \*\*\ \((?:\w+(?:\.\w+)*(?:Error|Exit)|EXIT)\b
      | \{{"init\ terminating\ in\ do_boot" | Execution\ error\ \( | Error\ in\ \S+\( | Caught:\ [\w.]+\.[A-Z]
      | lua\S*:\ \S+:\d+:\ | [ ]{{2}}\+\ Exception\ Group\ Traceback\ \(
      | \S+:\d+:\d+:\ runtime\ error:\ | {_HASKELL}(?:Uncaught\ exception\ |internal\ error:\ )
      | {_HASKELL}(?:Prelude\.\S+:\ |user\ error\ \(|<<loop>>$|\S+:(?:\(\d+,\d+\)|\d+)\S*:\ Non-exhaustive\ )
      | \S+\.swift:\d+:\ (?P<fatal>Fatal\ error):\ """,
    re.VERBOSE,
)
# First three characters of most reports, and texts of the others.
_STARTS = frozenset([
    "Exc", "thr", "Unh", "Unc", "Fat", "ter", "lib", "PHP", "Die", "Can", "Seg", "Abo", "Bus", "Ill", "Flo", "***",
    "fre", "mal", "rea", "mun", "===", "Exe", "Err", "Cau", "lua", "fil", "nod", "** ", "  +", '{"i',
])  # fmt: skip
_INNER = re.compile(rf"==|\S+(?:: \S+)?:\d+:? ?|{_HASKELL}(?:Uncaught|internal|Prelude|user error|<<loop|\S+:\()")
# Lines with such first words may be the first of a report: no shorter prefix of them decides their level.
_MAY_CRASH = re.compile(
    rf"""Exception\ in|thread\ '|Unhandled|Uncaught|Fatal|terminate|libc\+\+|{_SCRIPT}|PHP\ |Died|Can't|Segm|Abort
      | Bus\ e|Illegal|Floating|\S+:\ \S+:\d+:\ |\*\*|free|malloc|realloc|munmap|==|\{{"init|Execution|Error\ in|Caught
      | lua|[ ]{{2}}\+|\S+:\d+:(?:\ Fatal|in\ )|Traceback|\S+:\d+:\d+:\ runtime
      | {_HASKELL}(?:Unc|inter|Prel|user|<<|\S+:\()""",
    re.VERBOSE,
)
GROUP = "  + Exception Group Traceback ("
"""The first line of a traceback of several errors of Python: unlike others, it is indented."""

_PANIC = re.compile(r"panic: |fatal error: ")
_KERNEL = re.compile(_KERNEL_PREFIX)
_KERNEL_WORDS = ("Out of memory: ", "Oops: ", "BUG: ", "kernel BUG at", "general protection fault", "Kernel panic - ")
_KERNEL_BEGINS = ("BUG: ", "kernel BUG at", "general protection fault", "Kernel panic - ", "Oops: ", "WARNING: CPU: ")
_KERNEL_ENDS = ("---[ end ", "Out of memory: ", "oom_reaper: ")
_MOST_KERNEL_LINES = 200
_PREFIX_CHARS = 110
# Of longer lines, this much is looked at: patterns take quadratic time.
_MOST_CHARS = 1000
# The words differ in so many first characters.
_KERNEL_CHARS = 12


def crash_level(text: str) -> Level | None:
    """Return the level of the first line of a report; None for other lines."""
    text = text[:_MOST_CHARS]
    if (text[:3] in _STARTS or _INNER.match(text)) and (match := _CRASH.match(text)):
        named: dict[str | None, Level] = {"warning": "warning", "notice": "notice", "fatal": "fatal", None: "error"}
        return named[match.lastgroup]
    return _kernel_level(text)


def _kernel_prefix(text: str) -> re.Match[str] | None:
    return _KERNEL.match(text) if text[:1] == "[" or " kernel: [" in text[:_PREFIX_CHARS] else None


def _kernel_level(text: str) -> Level | None:
    """Return the level of a line in which the kernel reports a fault; None for other lines."""
    match = _kernel_prefix(text)
    if not match or not text.startswith(_KERNEL_WORDS, match.end()):
        return None
    return "fatal" if text.startswith("Kernel panic", match.end()) else "error"


def is_crash(text: str) -> bool:
    """Return whether a line begins a report, other than a traceback of Python."""
    return _PANIC.match(text) is not None or (
        crash_level(text) is not None and not text.startswith("PHP ") and not _kernel_prefix(text)
    )


def may_crash(text: str) -> bool:
    """Return whether a text that begins like this may be the first line of a report."""
    return _MAY_CRASH.match(text) is not None


def kernel_seen(text: str) -> int:
    """Return the length of the prefix that decides whether the kernel reports a fault; 0 without its prefix."""
    match = _kernel_prefix(text)
    return match.end() + _KERNEL_CHARS if match else 0


def kernel_report(texts: Sequence[str], number: int) -> tuple[int, int] | None:
    """Return the indexes of the first line of the kernel's report around a line, and of the first line after it."""
    if not _kernel_prefix(texts[number]):
        return None
    first = None
    for before in range(number, max(-1, number - _MOST_KERNEL_LINES), -1):
        match = _kernel_prefix(texts[before])
        if not match or (before < number and texts[before].startswith(_KERNEL_ENDS, match.end())):
            break
        first = before if _begins_report(texts[before]) else first
    if first is None:
        return None
    for after in range(first + 1, min(len(texts), first + _MOST_KERNEL_LINES)):
        if not (match := _kernel_prefix(texts[after])):
            return None
        if texts[after].startswith(_KERNEL_ENDS, match.end()):
            return (first, after + 1) if number <= after else None
    return None


def _begins_report(text: str) -> bool:
    match = _kernel_prefix(text)
    return match is not None and (
        text.startswith(_KERNEL_BEGINS, match.end()) or " invoked oom-killer: " in text[match.end() :]
    )
