"""A Moodle site."""
