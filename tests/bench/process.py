"""The CPU time, memory and descriptors of a process, from Linux's /proc."""

import re
import resource
import time
from dataclasses import dataclass
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of all threads of a process, ended ones included.

    From the process's clock; /proc/PID/stat rounds it to ticks of 10 ms.
    """
    return time.clock_gettime(~pid << 3 | 2)


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident bytes: all, and anonymous ones.

    Other processes do not change the anonymous bytes. They change USS: a library's pages are unique while no other
    process has the library open.
    """

    rss: int
    own: int


def memory(pid: int) -> Memory:
    """Return the present memory of a process."""
    sizes = re.findall(r"^(\w+):\s+(\d+) kB$", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    size = {name: int(kib) * 1024 for name, kib in sizes}
    return Memory(size["Rss"], size["Anonymous"])


def peak_rss(pid: int) -> int:
    """Return the highest number of resident bytes so far."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def forget_peak(pid: int) -> None:
    """Let ``peak_rss`` count from now on."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def reset_peak(pid: int) -> None:
    """Let ``peak_rss`` begin with the present resident bytes."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def descriptors(pid: int) -> int:
    """Return the number of open descriptors."""
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def allow_many_descriptors() -> None:
    """Raise the limit for this process and those it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
