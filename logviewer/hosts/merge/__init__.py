"""One answer from several hosts: their lines by time, sums of their counts, their streams in turn."""
