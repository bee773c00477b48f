"""Queries over log files: matching lines, their counts by level, and the offsets of times."""
