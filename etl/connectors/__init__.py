"""The outside systems, each in a folder of its own."""
