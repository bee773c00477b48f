"""The program with a fleet that is made up: a module to run, with the file of the fleet in ``FLEET``.

The file has a list of hosts, each with the fields of a ``HostStatus`` and the ``paths`` of its logs. It may change.
"""

import json
import os
from functools import partial
from pathlib import Path

from logviewer import server
from logviewer.__main__ import main
from logviewer.hosts.status import HostStatus
from logviewer.web.app import create_app
from tests.helpers.fleet import MadeUpFleet


class FleetInFile(MadeUpFleet):
    """The hosts of a file, read when it has changed."""

    def __init__(self, path: Path) -> None:
        super().__init__([], {})
        self._path = path
        self._read = 0

    def hosts(self) -> list[HostStatus]:
        """See ``Fleet``."""
        if (changed := self._path.stat().st_mtime_ns) != self._read:
            hosts = json.loads(self._path.read_text())
            facts = MadeUpFleet.of({each["name"]: each.pop("paths") for each in hosts}).facts
            self.facts = {name: self.facts[name] if self.facts.get(name) == own else own for name, own in facts.items()}
            self.statuses = [HostStatus(**each) for each in hosts]
            self._read = changed
        return self.statuses


if __name__ == "__main__":
    fleet = FleetInFile(Path(os.environ["FLEET"]))
    # A browser warns of requests that take long.
    fleet.hosts()
    setattr(server, "create_app", partial(create_app, fleet=fleet))  # noqa: B010 (not exported)
    main()
