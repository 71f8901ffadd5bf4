"""Plays a system that sends the generic message."""
