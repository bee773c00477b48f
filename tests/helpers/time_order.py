"""The documented order of several logs by time, for one line after the other."""

from collections.abc import Iterable, Sequence

HOUR = 3600


def keys(times: Sequence[float | None]) -> list[float]:
    """Return the key of each line, from the times of a whole log in seconds."""
    timed = [each for each in times if each is not None]
    found: list[float] = []
    latest, at = float("-inf"), 0
    for time in times:
        if time is not None:
            at += 1
            following = timed[at : at + 3]
            if 2 * sum(each < time - HOUR for each in following) <= len(following):
                latest = max(latest, time)
        found.append(latest)
    return found


def merged(logs: Iterable[Sequence[tuple[float | None, str]]]) -> list[str]:
    """Return the texts of all lines in order; each log has the time and the text of its lines."""
    lines = []
    for part, log in enumerate(logs):
        own = keys([time for time, _ in log])
        lines += [(key, part, at, text) for at, (key, (_, text)) in enumerate(zip(own, log, strict=True))]
    return [text for *_, text in sorted(lines)]
