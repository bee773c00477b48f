"""Benches: time, CPU and memory of the program, beside a limit or a peer measured in the same run."""
