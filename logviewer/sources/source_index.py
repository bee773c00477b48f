"""The sources of a server by path, id and name, and what a user may see of them."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from logviewer.settings import User
from logviewer.sources.local import LocalSource


class SourceIndex:
    """Sources by path, id and name. It never changes, so any thread may read it."""

    def __init__(self, by_path: Mapping[Path, LocalSource]) -> None:
        self.by_path = by_path
        self._by_id = {source.id: source for source in by_path.values()}
        self._by_name: dict[str, list[LocalSource]] = {}
        for source in by_path.values():
            self._by_name.setdefault(source.name, []).append(source)

    def replaced(self, new: Iterable[LocalSource], gone: Collection[LocalSource]) -> "SourceIndex":
        """Return the index with the new sources and without the gone ones."""
        by_path = {**self.by_path, **{source.path: source for source in new}}
        for source in gone:
            del by_path[source.path]
        return SourceIndex(by_path)

    def visible_to(self, user: User) -> list[LocalSource]:
        """Return the sources that a user may see."""
        return [source for source in self.by_path.values() if _is_visible(source, user)]

    def find(self, wanted: str, user: User) -> LocalSource | None:
        """Return the source with an id, or the only one with a name, if the user may see it; otherwise None."""
        by_id = self._by_id.get(wanted)
        if by_id and _is_visible(by_id, user):
            return by_id
        named = [source for source in self._by_name.get(wanted, ()) if _is_visible(source, user)]
        return named[0] if len(named) == 1 else None


def _is_visible(source: LocalSource, user: User) -> bool:
    if user.may_see(source.log, source.plain_name, source.host):
        return True
    # A log whose files are dated has no file of its own name: all of its files must be allowed.
    files = [each.file.path for each in source.generations] if source.file_path != source.path else []
    return bool(files) and all(file is not None and user.may_see(file, file.name, source.host) for file in files)
