"""Plays aNewSpring."""
