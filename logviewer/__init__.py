"""Follow log files in a browser."""
