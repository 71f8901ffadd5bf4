"""Coachview as a stand-in."""
