"""aNewSpring: completed courses, sent by webhook."""
