"""Limits, timeouts and event streams around the HTTP server."""
