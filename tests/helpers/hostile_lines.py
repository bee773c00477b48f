"""Words that look like parts of a log line, and pieces that cost a careless pattern more than linear time."""

from hypothesis import strategies as st

WORDS = st.sampled_from(
    [
        *"[]<>(){}|:;,.-=*%# \t\"'\\/\x1b\n",
        "2026-11-21",
        "01:02:03",
        "INFO",
        "error",
        "level",
        "Nov",
        "sshd",
        "HTTP",
        "1121",
    ]
)
HOSTILE_PIECES = [
    "[",
    "[[]",
    "(",
    "<",
    "a ",
    "a.",
    "1 ",
    "INFO",
    '"',
    '\\"',
    "{",
    '{"a":',
    " - ",
    "- [",
    "|",
    "%A-",
    "\x1b[",
    "A-",
]
HOSTILE_PIECES += ["a stdout F ", '{"log":', "level=", 'level="', " level=x", '"level" : ']
