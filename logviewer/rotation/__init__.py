"""Decides which files bore a name, in which order, and what happened to them."""
