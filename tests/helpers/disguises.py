"""Sequences of terminals that may be inside a secret."""

BROKEN = [
    *("\x1b", "\x1b[", "\x1b[\x07", "\x1b[3", "\x1b[3\x1b[1m", "\x1b[ 1m", "\x1b[3\b1m", "\x1b[3\x18", "\x1b\x1b[0m"),
    *("\x1b]", "\x1b]0;", "\x1b]0;\x18", "\x1b]0;x\x1b[1m", "\x1b]0;x\x1b]0;y\x07", "\x1b]0;x\x9c", "\x1b]8;;\x1b[K"),
    *("\x1bP", "\x1bPx\x1a", "\x1b_", "\x1b_x\x1b\\", "\x1b^", "\x1bX", "\x1b(", "\x1b(B", "\x1bc", "\x1b7", "\x1b#8"),
    *(
        "\x9b",
        "\x9b1m",
        "\x9b\x07",
        "\x9d",
        "\x9d0;\x07",
        "\x9d0;\x9c",
        "\x90",
        "\x9f\x1b\\",
        "\x9c",
        "\ufffd",
        "\x08\x08",
    ),
]
"""Some are cut, broken, stray, or within each other."""
