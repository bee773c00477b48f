"""Worker processes of one server, and the memory they share."""
