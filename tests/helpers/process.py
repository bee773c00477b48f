"""The memory, CPU time and descriptors of a process."""

import psutil  # type: ignore[import-untyped]


def memory(pid: int) -> int:
    """Return the resident bytes."""
    return int(psutil.Process(pid).memory_info().rss)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time, of user and system."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def descriptors(pid: int) -> int:
    """Return the number of open descriptors."""
    return int(psutil.Process(pid).num_fds())
