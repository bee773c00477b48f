"""Bytes on disk: open, read, split, watch. Nothing here knows what a line means."""
