"""Readers: each follows sources from a cursor and gets every line once."""
