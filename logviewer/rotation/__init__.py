"""The files of a source in order: names, contents and changes decide."""
