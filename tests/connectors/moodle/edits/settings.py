"""Edits of the settings of a site."""

from tests.connectors.moodle.edits.whom import learners

EDITS = [
    (
        "core.sources",
        "the time zone",
        "update core.sources set timezone = 'Asia/Tokyo' where source = 'moodle_main'",
        [*learners("2"), *learners("3"), *learners("4")],
    ),
    (
        "core.sources",
        "whether failures are recorded",
        "update core.sources set record_failed = false where source = 'moodle_main'",
        [
            *learners("2", 9, 10, 17, 18, 19, 26),
            *learners("3", 21, 22, 25, 27, 28),
            *learners("4", 36),
        ],
    ),
    (
        "core.sources",
        "whether a failed unit may be passed",
        "update core.sources set allow_resit = true where source = 'moodle_main'",
        [
            *learners("2", 9, 10, 17, 19, 26),
            *learners("3", 21, 22, 25, 27, 28),
            *learners("4", 36),
        ],
    ),
    (
        "core.sources",
        "whether enrolments say when a unit started",
        "update core.sources set use_enrolment_start = false where source = 'moodle_main'",
        learners("2", 8, 9),
    ),
    (
        "core.sources",
        "whether results are reviewed",
        "update core.sources set review = 'required' where source = 'moodle_main'",
        [],
    ),
    (
        "core.sources",
        "by what learners are matched",
        "update core.sources set match_code = false, match_fields = 'username' where source = 'moodle_main'",
        learners("4", 42, 43, 44),  # who share an idnumber, or have none
    ),
]
