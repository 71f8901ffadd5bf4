"""What others would take for the same site: each is a program, started by bench_beside in an environment of its own."""
