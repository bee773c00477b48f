"""Line formats of sources, by the rules of the configuration."""

import re
from collections.abc import Collection, Iterable, Sequence
from os.path import abspath
from pathlib import Path

from logviewer.files.rotations import bases
from logviewer.formats.line_format import PLAIN, LineFormat
from logviewer.formats.redaction import Redaction
from logviewer.globs import matches_glob
from logviewer.settings import LogRule, RedactRule

_NAME_END = re.compile(r"(?<=.)[^\w]|(?<=.)_")


class LineFormats:
    """Makes the line format of each source from the rules of the configuration.

    Sources with the same rules share one line format.
    """

    def __init__(self, rules: Sequence[LogRule] = (), redact: Sequence[RedactRule] = ()) -> None:
        self._rules = rules
        self._redact = redact
        self.with_files = tuple(rule for rule in redact if rule.files)
        """The redaction rules that are not for all files."""
        self._made: dict[tuple[tuple[LogRule, ...], tuple[RedactRule, ...]], LineFormat] = {((), ()): PLAIN}

    def of(self, path: Path, name: str, *, file: Path | None = None, copied: Collection[RedactRule] = ()) -> LineFormat:
        """Return the line format of a source, or of one ``file`` of it: the rules for either name apply.

        Redaction rules also apply to files that may be copies: the glob ``app.log`` matches each name with ``app`` in
        it, such as ``app.log.1``, ``Copy of APP.log`` and ``app_backup``. A rule without files applies to every file,
        and ``copied`` are rules that apply for another reason.
        """
        names = [(path, name), *([(file, file.name)] if file else [])]
        rules = tuple(rule for rule in self._rules if _matches_any(rule.files, names))
        applied = {*copied, *self.named(path, name, file=file)}
        redact = tuple(rule for rule in self._redact if not rule.files or rule in applied)
        if (rules, redact) not in self._made:
            self._made[rules, redact] = LineFormat(rules, Redaction(redact) if redact else None)
        return self._made[rules, redact]

    def named(self, path: Path, name: str, *, file: Path | None = None) -> list[RedactRule]:
        """Return the redaction rules with files that match a source, or one ``file`` of it, by name."""
        if not self.with_files:
            return []
        names = [(path, name), *([(file, file.name)] if file else [])]
        names += [(path.parent / each, each) for path, name in names for each in _copied_names(name)]
        return [rule for rule in self.with_files if _matches_any(rule.files, names) or _may_be_copy(rule.files, names)]


def _copied_names(name: str) -> set[str]:
    """Return the names of all files of which a file may be a copy or a rotation, by its name."""
    begins = {name[: end.start()] for end in _NAME_END.finditer(name)}
    return begins.union(*map(bases, [name, *begins]))


def _may_be_copy(globs: Iterable[str], names: Sequence[tuple[Path, str]]) -> bool:
    """Return whether a name has the stem of a glob in it, in any case."""
    lower = [(Path(str(path).lower()), name.lower()) for path, name in names]
    copies = {_copies(each).lower() for glob in globs for each in ((glob, abspath(glob)) if "/" in glob else (glob,))}
    return _matches_any(copies, lower)


def _copies(glob: str) -> str:
    """Return the glob of the names that a copy of a file may have."""
    before, slash, name = glob.rpartition("/")
    stem = name.rpartition(".")[0] or name.lstrip(".")
    # Without a letter, the stem would match every name.
    kept = stem if any(each.isalnum() for each in stem) else name
    return f"{before}{slash}*{kept}*"


def _matches_any(globs: Iterable[str], names: Sequence[tuple[Path, str]]) -> bool:
    return any(matches_glob(glob, path, name) for glob in globs for path, name in names)
