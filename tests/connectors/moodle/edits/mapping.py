"""Edits of what is linked to courses, and of the activities that count for units."""

from tests.connectors.moodle.edits.whom import learners

EDITS = [
    (
        "core.course_links",
        "a link of a course",
        "insert into core.course_links (occurrence_code, source, source_course_id)"
        " values ('OCC-1003', 'moodle_main', '2')",
        learners("2"),
    ),
    (
        "core.moodle_course_links",
        "a course that was made for an occurrence",
        "insert into core.moodle_course_links (source, occurrence_code, source_course_id, linked_by)"
        " values ('moodle_main', 'OCC-1003', '2', 'test')",
        learners("2"),
    ),
    (
        "core.activity_links",
        "the only activity of a unit",
        "update core.activity_links set closed_at = now() where activity_id = '9'",
        learners("2", 26),
    ),
    (
        "core.activity_links",
        "an activity that counts for a unit no more",
        "update core.activity_links set closed_at = now() where unit_code = 'BSBOPS203' and activity_id = '1'",
        learners("2", 7, 8, 9, 10, 11, 16, 17, 18, 20, 21, 22, 24, 28),
    ),
    (
        "core.activity_links",
        "a further activity of a unit",
        "insert into core.activity_links (occurrence_code, unit_code, source, activity_id)"
        " values ('OCC-1001', 'BSBPEF202', 'moodle_main', '10')",
        learners("2", 25, 26),
    ),
    (
        "core.activity_links",
        "an activity that no report shows",
        "insert into core.activity_links (occurrence_code, unit_code, source, activity_id)"
        " values ('OCC-1003', 'CHCAGE011', 'moodle_main', '999')",
        learners("4"),
    ),
]
