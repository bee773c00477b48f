"""Benches: what the real program takes in time, CPU and memory, beside a limit or a peer measured in the same run."""
