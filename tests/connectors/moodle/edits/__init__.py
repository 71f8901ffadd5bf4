"""Edits of reference data, by kind: the table that is edited, what changes, how, and who is derived for it."""

from tests.connectors.moodle.edits import counting, enrolments, mapping, people, settings

EDITS = [*settings.EDITS, *people.EDITS, *enrolments.EDITS, *mapping.EDITS, *counting.EDITS]
