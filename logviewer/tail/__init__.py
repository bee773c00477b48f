"""Readers: each emits every line of its sources once, from a cursor on."""
