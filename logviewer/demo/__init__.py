"""Demo logs: a small shop whose services write, fail and recover."""
