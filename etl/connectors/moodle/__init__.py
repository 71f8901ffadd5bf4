"""Moodle: asked every night for grades and completions."""
