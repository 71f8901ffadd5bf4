"""Edits of what a completed course counts for."""

from tests.connectors.moodle.edits.whom import learners

NO_PART = "update core.training_parts set closed_at = now() where course_id = '3'"

EDITS = [
    (
        "core.accreditations",
        "a course that earns no points any more",
        f"{NO_PART}; update core.accreditations set closed_at = now() where source_course_id = '3'",
        learners("3", 19, 20, 22, 24, 31),
    ),
    (
        "core.profession_groups",
        "a register that is given up",
        f"{NO_PART}; update core.profession_groups set active = false where org_id = 52",
        learners("3", 19, 20, 22, 24, 31),
    ),
    (
        "core.training_parts",
        "a course that becomes the part of a training, which nobody has completed",
        "update core.training_parts set course_id = '4' where course_id = '2'",
        [],
    ),
]
