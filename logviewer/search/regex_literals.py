"""The plain texts that each hit of a regular expression has."""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    # Classes of characters, and places between characters.
    r"(?P<other>\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]|\\[dwsDWSbBAzaftnrv]|\\[pP](?:\{[^}]*\}|\w)|[.^$])"
    r"|(?P<flags>\(\?[imsU]+\))"
    r"|(?P<open>\((?:\?(?:P?<\w+>|[imsU]*:))?(?!\?))"
    r"|(?P<close>\))"
    r"|(?P<either>\|)"
    r"|(?P<never>\*\??|\?\??|\{0(?:,\d*)?\}\??)"
    r"|(?P<often>\+\??|\{\d+(?:,\d*)?\}\??)"
    r"|\\(?P<escaped>[!-/:-@\[-`{-~])"
    r"|(?P<plain>[^\\\[\](){}|*+?.^$])"
)


@dataclass(slots=True)
class _Group:
    """The texts of one group so far, and the characters since the last of them that are in a row."""

    texts: list[str] = field(default_factory=list)
    row: str = ""
    is_choice: bool = False
    # Of the group that has just ended: a repetition after it may allow none of it.
    last: list[str] = field(default_factory=list)

    def end_row(self) -> None:
        self.texts += [*self.last, *filter(None, [self.row])]
        self.row, self.last = "", []


def literals(pattern: str) -> list[str]:
    """Return plain texts that each hit of a valid regular expression has, in any order; perhaps none.

    If it ignores case anywhere, they may be in any case.
    """
    groups = [_Group()]
    at, before = 0, ""
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None or token.lastgroup is None:
            return []
        at, kind = token.end(), token.lastgroup
        if kind in {"never", "often"} and before in {"never", "often", "flags"}:
            # It repeats a repetition, or an atom before the flags.
            return []
        _add(groups, kind, token[kind])
        if not groups:
            return []
        before = kind
    groups[-1].end_row()
    return [] if len(groups) > 1 or groups[0].is_choice else groups[0].texts


def _add(groups: list[_Group], kind: str, text: str) -> None:
    group = groups[-1]
    if kind in {"plain", "escaped"}:
        group.texts += group.last
        group.row, group.last = group.row + text, []
    elif kind == "never":
        group.row, group.last = group.row[:-1], []
        group.end_row()
    elif kind == "close":
        group.end_row()
        groups.pop()
        if groups:
            groups[-1].last = [] if group.is_choice else group.texts
    else:
        group.end_row()
        group.is_choice |= kind == "either"
        if kind == "open":
            groups.append(_Group())
