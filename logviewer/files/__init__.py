"""Bytes on disk: open, read, split and watch. The meaning of a line is in ``formats/``."""
