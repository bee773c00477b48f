"""The command line of the benches: which to run, and the table."""

import argparse
import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Mapping

from _pytest.outcomes import OutcomeException

from tests.bench import (
    beside,
    cells,
    compressed,
    containers,
    fanout,
    files,
    generator,
    hostile,
    hosts,
    idle,
    latency,
    lines,
    load,
    memory,
    merging,
    page,
    replay,
    search,
    soak,
)
from tests.bench.figures import MEGABYTE, Bench, Plan, heading, row
from tests.bench.process import allow_many_descriptors

BENCHES: Mapping[str, Bench] = {
    "replay": replay.run,
    "search": search.run,
    "cells": cells.run,
    "compressed": compressed.run,
    "containers": containers.run,
    "beside": beside.run,
    "latency": latency.run,
    "fanout": fanout.run,
    "load": load.run,
    "idle": idle.run,
    "lines": lines.run,
    "memory": memory.run,
    "merging": merging.run,
    "page": page.run,
    "files": files.run,
    "generator": generator.run,
    "soak": soak.run,
    "hosts": hosts.run,
    "hostile": hostile.run,
}


def main() -> int:
    """Run the named benches, or all. Return 1 if one cannot run, and with ``--strict`` also for a missed target."""
    names, plan, strict = _read_arguments()
    allow_many_descriptors()
    # A bench that is ended early leaves no server and no files.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    print(heading(), flush=True)
    # Servers neither read nor write the state and the cache of the user.
    with tempfile.TemporaryDirectory(prefix="logviewer-bench-") as own:
        os.environ |= {"XDG_STATE_HOME": f"{own}/state", "XDG_CACHE_HOME": f"{own}/cache"}
        ran = [_show(name, plan, strict=strict) for name in names]
    return 0 if all(ran) else 1


def _read_arguments() -> tuple[list[str], Plan, bool]:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Benches of logviewer.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHES)}; default: all")
    parser.add_argument("--seconds", type=float, default=60, help="of the soak and the crowd (default: 60)")
    parser.add_argument("--rate", type=int, default=100_000, help="of the soak, in lines/s (default: 100000)")
    parser.add_argument("--size", type=int, default=1000, help="of the large file, in MB (default: 1000)")
    parser.add_argument("--only", default="", help="only tricks of the crowd with this text in their name")
    parser.add_argument("--strict", action="store_true", help="fail if a target is missed")
    given = parser.parse_args()
    if unknown := [name for name in given.names if name not in BENCHES]:
        parser.error(f"no bench is named {', '.join(unknown)}")
    plan = Plan(seconds=given.seconds, rate=given.rate, size=given.size * MEGABYTE, only=given.only)
    return given.names or list(BENCHES), plan, given.strict


def _show(name: str, plan: Plan, *, strict: bool) -> bool:
    print(f"-- {name} (load before: {os.getloadavg()[0]:.1f})", flush=True)
    try:
        missed = 0
        for figure in BENCHES[name](plan):
            print(row(figure), flush=True)
            missed += figure.met is False
    except (Exception, OutcomeException):  # noqa: BLE001 (told in full, and the other benches still run)
        traceback.print_exc()
        return False
    return not (strict and missed)


if __name__ == "__main__":
    sys.exit(main())
