"""Finds: which lines of files a query asks for, and where a time is."""
