"""Bundles a script or style sheet with its imports into one file, which saves round trips when the page loads.

It understands only the style of this repository: imports and exports of names, each at the start of a line, and no
strings over several lines.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping

_COMMENT = re.compile(r"^[ \t]*(?:/\*\*.*?\*/[ \t]*|//[^\n]*)$", re.MULTILINE | re.DOTALL)
_IMPORT = re.compile(r'^import (\{[^}]*\}) from "([^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?:\{\};$|(?=(?:async )?(?:function|class|const) (\w+)))", re.MULTILINE)
_STYLE_IMPORT = re.compile(r'^@import "([^"]+)";$', re.MULTILINE)
_NOT_UNDERSTOOD = re.compile(r"^(?:import|export|@import)\b.*$", re.MULTILINE)


def script(files: Mapping[str, str], entry: str) -> str:
    """Return a module equivalent to ``entry``, one of ``files`` (texts by path). It still imports vendored modules.

    Raises:
        ValueError: if a module has an import or export of another form.
    """
    here = posixpath.dirname(entry)
    paths = list(_in_order(files, entry))
    names = {path: f"module{number}" for number, path in enumerate(paths)}
    parts: list[str] = []
    for path in paths:
        text = without_comments(files[path])
        exported = ", ".join(filter(None, _EXPORT.findall(text)))
        parts.extend(
            f'import {wanted} from "./{posixpath.relpath(target, here)}";'
            for wanted, target in _imports(text, path)
            if target not in names
        )
        body = _EXPORT.sub("", _IMPORT.sub("", text))
        # A module's relative URLs start at its own path.
        body = body.replace("import.meta.url", f'new URL("{posixpath.relpath(path, here)}", import.meta.url)')
        taken = [
            f"const {wanted.replace(' as ', ': ')} = {names[target]};"
            for wanted, target in _imports(text, path)
            if target in names
        ]
        _check(path, body)
        parts.append(
            "\n".join([f"const {names[path]} = (() => {{", *taken, body, f"return {{ {exported} }};", "})();"])
        )
    # Indentation is a tenth of the bytes, and people read the sources instead.
    return "\n".join(filter(None, (line.strip() for part in parts for line in part.split("\n"))))


def style(files: Mapping[str, str], entry: str) -> str:
    """Return a style sheet with its imports replaced by their contents.

    Raises:
        ValueError: if an import has another form.
    """
    here = posixpath.dirname(entry)
    text = _STYLE_IMPORT.sub(
        lambda found: style(files, posixpath.normpath(posixpath.join(here, found[1]))), files[entry]
    )
    _check(entry, text)
    return text


def without_comments(text: str) -> str:
    """Return the text with empty lines for comments, which are two fifths of the scripts."""
    return _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)


def _in_order(files: Mapping[str, str], path: str, seen: set[str] | None = None) -> Iterator[str]:
    """Yield the path of each module after its imports."""
    seen = {path} if seen is None else seen
    for _, target in _imports(without_comments(files[path]), path):
        if target not in seen and not target.startswith("vendor/"):
            seen.add(target)
            yield from _in_order(files, target, seen)
    yield path


def _imports(text: str, path: str) -> list[tuple[str, str]]:
    """Return the names (in braces) and the path of each import."""
    here = posixpath.dirname(path)
    return [(names, posixpath.normpath(posixpath.join(here, target))) for names, target in _IMPORT.findall(text)]


def _check(path: str, body: str) -> None:
    if found := _NOT_UNDERSTOOD.search(body):
        raise ValueError(f"{path} cannot be bundled: {found[0]}")
