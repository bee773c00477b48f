"""The lines beside this module: ``## PROGRAM FORM``, then TIME, LEVEL and TEXT, separated by broken bars.

Times are one of the keys in ``tests/formats/test_programs.py`` or ISO 8601 in UTC, ``-`` for none, ``?`` for any, with
``+`` for the time of the record. ``|`` separates alternatives.
"""
