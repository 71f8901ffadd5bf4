"""Writing to Moodle: people, enrolments and courses of the administration."""
