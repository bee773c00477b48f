"""Sources: log files, standard input, and the catalog of all sources of a server."""
