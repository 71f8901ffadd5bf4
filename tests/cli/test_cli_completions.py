"""The command ``etl completions``: a person says that a completion of a course counts, or counts no more."""

import pytest

from etl.errors import InvalidInput

LEARNER = ("moodle_main", "2", "CL00001")
DECIDES = ("--by", "examiner", "--reason", "done by another person")
SHOWN = "select passed, revoked_by, revoked_because from mart.course_completions order by completed_at"


@pytest.fixture(autouse=True)
def completed(sql):
    """A yearly certificate; the second completion falls on the 2nd in Amsterdam and on the 1st in UTC."""
    sql("""
        insert into core.course_completions (source, source_course_id, client_code, completed_at, passed, run_id)
        select 'moodle_main', '2', 'CL00001', moment, true, 'r'
        from unnest(array[timestamptz '2025-09-25T15:13:20Z', '2026-10-01T22:30:00Z']) as moment
    """)


def test_revoked_completions_count_no_more_and_say_by_whom_and_why(etl, sql):
    assert etl("completions", "revoke", *LEARNER, *DECIDES).output == "2 completions revoked\n"
    assert sql(SHOWN) == [(False, "examiner", "done by another person")] * 2


def test_one_of_several_is_named_by_its_day_in_the_time_zone_of_the_source(etl, sql):
    done = etl("completions", "revoke", *LEARNER, *DECIDES, "--completed-on", "2026-10-02")

    assert done.output == "1 completion revoked\n"
    assert [row[0] for row in sql(SHOWN)] == [True, False]


def test_a_restored_completion_counts_again_and_the_history_stays(etl, sql):
    etl("completions", "revoke", *LEARNER, *DECIDES)

    done = etl("completions", "restore", *LEARNER, "--by", "board", "--reason", "it was theirs")

    assert done.output == "2 completions restored\n"
    assert sql(SHOWN) == [(True, None, None)] * 2
    history = (
        "select decision, decided_by, count(*) from ops.completion_decisions group by 1, 2 order by 1 desc"
    )
    assert sql(history) == [("revoked", "examiner", 2), ("restored", "board", 2)]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["revoke", "moodle_main", "2", "CL00002", *DECIDES], "CL00002 has no completion of course 2"),
        (["revoke", *LEARNER, *DECIDES, "--completed-on", "2026-10-01"], "no completion of 2026-10-01"),
        (["restore", *LEARNER, *DECIDES], "that could be restored"),
        (["revoke", *LEARNER, "--by", " ", "--reason", "x"], "say who decides and why"),
    ],
)
def test_what_cannot_be_decided_is_refused(etl, sql, asked, told):
    refused = etl("completions", *asked)

    assert isinstance(refused.exception, InvalidInput)
    assert told in str(refused.exception)
    assert [row[0] for row in sql(SHOWN)] == [True, True]
