"""See log files in a browser, live."""
