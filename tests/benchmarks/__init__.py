"""Benchmarks: what a night costs, measured on this machine beside a baseline of the same run (make bench)."""
