"""Access logs of a web server: each line has the time at which its request began, and is written when it ends."""

from datetime import UTC, datetime
from random import Random

BEGIN = 1_795_168_800
LINES = 8_000
DISORDER_SECONDS = 5

Log = list[tuple[float | None, str]]
"""The time in seconds, or None, and the text of each line."""


def access_log(random: Random, name: str) -> Log:
    now = float(BEGIN)
    lines: Log = []
    for number in range(LINES):
        now += random.expovariate(2)
        time = int(now - random.expovariate(1 / DISORDER_SECONDS))
        stamp = f"{datetime.fromtimestamp(time, UTC):%d/%b/%Y:%H:%M:%S +0000}"
        lines.append((time, f'10.0.0.{random.randrange(9)} - - [{stamp}] "GET /{name}/{number} HTTP/1.1" 200 {number}'))
    return lines


def with_wrong_clocks(log: Log) -> Log:
    """Return a log with a line of 2038, two lines of a day later, one of 1970, and one without a time."""
    years = {100: 2**31 - 9, 5_000: 60, LINES - 500: 2**31 - 9}
    days = dict.fromkeys((3_000, 3_001), BEGIN + 86_400)
    wrong: Log = []
    for number, (time, text) in enumerate(log):
        time = (years | days).get(number, time)  # noqa: PLW2901
        stamp = f"{datetime.fromtimestamp(time or 0, UTC):%d/%b/%Y:%H:%M:%S +0000}"
        head, _, tail = text.partition("[")
        wrong.append((time, f"{head}[{stamp}]{tail.partition(']')[2]}"))
    wrong[7_000] = None, "without a time"
    return wrong
