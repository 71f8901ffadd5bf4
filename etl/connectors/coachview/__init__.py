"""Coachview: what a completed course does for a training request."""
