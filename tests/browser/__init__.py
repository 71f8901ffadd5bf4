"""The pages in a real browser: run with `make test-pages`."""
