"""The meaning of a line: its level, its time, its fields, its record, and what is masked in it."""
