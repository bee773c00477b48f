"""What a process has taken so far: CPU, memory, descriptors. As Linux tells it."""

import re
import resource
import time
from dataclasses import dataclass
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process, those that ended included.

    The clock behind /proc/PID/stat, which that rounds to ticks of 10 ms.
    """
    return time.clock_gettime(~pid << 3 | 2)


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes: all, and those that are in no file.

    The latter are the process's own whatever others run, which USS is not: pages of a library are unique for as long
    as nobody else has it open.
    """

    rss: int
    own: int


def memory(pid: int) -> Memory:
    """The memory of a process now."""
    sizes = re.findall(r"^(\w+):\s+(\d+) kB$", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    size = {name: int(kib) * 1024 for name, kib in sizes}
    return Memory(size["Rss"], size["Anonymous"])


def peak_rss(pid: int) -> int:
    """The most bytes that were ever resident."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def descriptors(pid: int) -> int:
    """How many descriptors are open."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def allow_many_descriptors() -> None:
    """Raise the limit for this process and those it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
