"""Limits and timeouts around the HTTP server."""
