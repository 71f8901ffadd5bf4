"""Calls over HTTP: one way for every client of an outside system."""
