"""Carries what people learned from the systems where they learn to the places where it counts."""

__version__ = "0.1.0"  # set by `make release`
