"""The meaning of a line: pure, from its text alone."""
