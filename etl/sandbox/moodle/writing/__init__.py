"""What the recorded Moodle site does when it is written to."""
