"""Completions become registrations once, whatever came first: the completion or what it needs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pandas as pd
import pytest

from etl import db
from etl.connectors.coachview import flow
from etl.engine import failpoint
from etl.engine.options import Options
from etl.results import registrations as results
from etl.transform.registrations import Place
from tests.connectors.coachview.requests import complete_in_moodle, report

GOOD = "8.0 f t t t 2026-03-02"
COUNTS = (
    "select scope, read, written, unchanged, rejected, problem_code from ops.run_steps"
    " where run_id = '{}' and read > 0"
)


def counted(read, run_id):
    return [tuple(row) for row in read(COUNTS.format(run_id)).fillna("").to_numpy()]


def test_a_completion_is_registered_and_told_again_changes_nothing(engine, register, read, effects):
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    run_id, status = register()
    assert (status, effects("R1", "T1-THEORY")) == ("success", GOOD)
    assert counted(read, run_id) == [("studio", 1, 1, 0, 0, "")]
    assert counted(read, register()[0]) == []


@pytest.mark.parametrize(
    ("before", "reason", "mended"),
    [
        ("update core.training_requests set external_id = 'other' where request_code = 'R1'", "person_unknown",
         "update core.training_requests set external_id = 'X-1001' where request_code = 'R1'"),
        ("update core.training_parts set course_id = 'other' where part_code = 'T1-THEORY'", "course_not_in_training",
         "update core.training_parts set course_id = 'VCA-1' where part_code = 'T1-THEORY'"),
        ("update core.training_requests set training_code = 'T2' where request_code = 'R1'", "no_training_request",
         "update core.training_requests set training_code = 'T1' where request_code = 'R1'"),
        ("update core.training_requests set status = 'finished' where request_code = 'R1'", "request_finished",
         "update core.training_requests set status = 'open' where request_code = 'R1'"),
        ("update core.training_requests set external_id = 'X-1001' where request_code = 'R2'", "ambiguous_request",
         "update core.training_requests set status = 'cancelled' where request_code = 'R2'"),
        ("update core.integrations set maximum = 7 where integration = 'studio'", "grade_outside_definition",
         "update core.integrations set maximum = 10 where integration = 'studio'"),
        ("update core.integrations set active = false where integration = 'studio'", "integration_paused",
         "update core.integrations set active = true where integration = 'studio'"),
    ],
    ids=lambda text: text if " " not in text else "",
)  # fmt: skip
def test_what_cannot_be_registered_is_listed_and_registered_when_its_cause_is_gone(
    engine, register, write, effects, listed, before, reason, mended
):
    write(before)
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    register()
    register()
    assert (effects("R1", "T1-THEORY"), listed(reason)) == (None, ["VCA-1/X-1001"])
    write(mended)
    assert register()[1] == "success"
    assert (effects("R1", "T1-THEORY"), listed(reason)) == (GOOD, [])


def test_a_later_attempt_is_kept_and_listed_until_the_request_is_finished(
    engine, register, read, write, effects, listed
):
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    register()
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-20", grade=10)
    assert counted(read, register()[0]) == [("studio", 1, 0, 0, 1, "")]
    register()
    assert (effects("R1", "T1-THEORY"), listed("later_attempt")) == (GOOD, ["VCA-1/X-1001"])
    kept = read(
        "select cast(grade as text), grade_registered, outcome from mart.registration_attempts order by 2"
    )
    assert kept.to_numpy().tolist() == [["10.0", False, "nothing_new"], ["8.0", True, "registered"]]
    write("update core.training_requests set status = 'finished' where request_code = 'R1'")
    register()
    assert (effects("R1", "T1-THEORY"), listed("later_attempt")) == (GOOD, [])


def test_of_completions_that_wait_together_the_earliest_counts_first_whichever_came_first(
    engine, register, effects
):
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-20", grade=10)
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    register()
    assert effects("R1", "T1-THEORY") == GOOD


def test_a_completion_that_counted_does_not_count_for_a_request_that_comes_later(
    engine, register, write, effects, listed
):
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    register()
    write("update core.training_requests set status = 'finished' where request_code = 'R1'")
    write(
        "insert into core.training_requests (request_code, training_code, external_id, status)"
        " values ('R10', 'T1', 'X-1001', 'open')"
    )
    register()
    assert effects("R10", "T1-THEORY") is None
    report(engine, "studio", "X-1001", "VCA-1", "2027-03-02", grade=9)
    register()
    assert effects("R10", "T1-THEORY") == "9.0 f t t t 2027-03-02"
    assert effects("R1", "T1-THEORY") == GOOD


def test_the_same_thing_told_again_counts_for_no_other_request_either(engine, register, write, read, effects):
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    register()
    write("update core.training_requests set status = 'finished' where request_code = 'R1'")
    write(
        "insert into core.training_requests (request_code, training_code, external_id, status)"
        " values ('R10', 'T1', 'X-1001', 'open')"
    )
    sent_again(engine)
    run_id, status = register()
    assert (status, counted(read, run_id)) == ("success", [("studio", 1, 0, 1, 0, "")])
    assert (effects("R10", "T1-THEORY"), effects("R1", "T1-THEORY")) == (None, GOOD)


def sent_again(engine):
    """Every completion comes again, in a message of its own."""
    with engine.begin() as session:
        session.exec_driver_sql(
            "with message as ("
            " insert into raw.inbox (system, origin, key, content_type, body)"
            " values ('elearning', 'studio', 'again', 'text/xml', '') returning message_id)"
            " insert into core.reported_completions"
            " (integration, person_id, course_id, completed_at, completed_on, grade, presence, passed, message_id)"
            " select integration, person_id, course_id, completed_at, completed_on, grade, presence, passed,"
            " (select message_id from message) from core.reported_completions"
        )


def test_one_course_that_is_a_part_of_two_trainings_is_registered_on_both(engine, register, write, effects):
    write("insert into core.training_parts (part_code, training_code, name, integration, course_id)"
          " values ('T2-THEORY', 'T2', 'Theory', 'studio', 'VCA-1')")  # fmt: skip
    write("insert into core.training_requests (request_code, training_code, external_id, status)"
          " values ('R10', 'T2', 'X-1001', 'open')")  # fmt: skip
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    register()
    assert (effects("R1", "T1-THEORY"), effects("R10", "T2-THEORY")) == (GOOD, GOOD)


def test_a_dry_run_counts_and_registers_nothing(engine, register, read, effects):
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    report(engine, "studio", "nobody", "VCA-1", "2026-03-02", grade=8)
    run_id, _ = register(dry_run=True)
    assert counted(read, run_id) == [("studio", 2, 1, 0, 1, "")]
    assert effects("R1", "T1-THEORY") is None
    would = read(f"select record_key from ops.dry_run_rejections where run_id = '{run_id}'")
    assert would["record_key"].tolist() == ["VCA-1/nobody"]
    assert read("select * from ops.rejections").empty


def test_a_past_night_registers_what_had_been_reported_until_then(engine, register, write, effects):
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    report(engine, "studio", "X-1002", "VCA-1", "2026-03-02", grade=8)
    write("update core.reported_completions set reported_at = '2026-03-02 12:00Z' where person_id = 'X-1001'")
    register(nights=(datetime(2026, 3, 3, tzinfo=UTC),))
    assert (effects("R1", "T1-THEORY"), effects("R2", "T1-THEORY")) == (GOOD, None)


def test_many_lots_leave_what_one_leaves(engine, register, monkeypatch, effects, read):
    monkeypatch.setattr(results, "_A_LOT", 1)
    for day, grade in (("2026-03-20", 10), ("2026-03-02", 8), ("2026-03-09", 3)):
        report(engine, "studio", "X-1001", "VCA-1", day, grade=grade)
    assert counted(read, register()[0]) == [("studio", 3, 1, 0, 2, "")]
    assert effects("R1", "T1-THEORY") == GOOD


def test_a_completion_that_is_lost_on_the_way_makes_the_run_red(engine, register, monkeypatch, read):
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    report(engine, "studio", "X-1002", "VCA-1", "2026-03-02", grade=8)
    rule = results.registrations
    monkeypatch.setattr(results, "registrations", lambda said, parts, terms: rule(said[1:], parts, terms))
    run_id, status = register()
    assert (status, counted(read, run_id)) == ("incomplete", [("studio", 2, 1, 0, 0, "counts_differ")])


def test_a_run_waits_for_another_that_registers_the_same_integration(engine, register, read):
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    with engine.begin() as session, ThreadPoolExecutor() as others:
        results.register(session, flow.open_run(engine, Options()), flow.FLOW, "studio", (None,))
        other = others.submit(register)
        while not waiting(engine):
            assert not other.done()
        session.commit()
        assert other.result()[1] == "success"
    assert read("select outcome from core.registration_attempts")["outcome"].tolist() == ["registered"]


def waiting(engine):
    """Whether a session waits for an advisory lock."""
    with engine.connect() as session:
        return session.exec_driver_sql(
            "select exists (select from pg_locks where locktype = 'advisory' and not granted)"
        ).scalar()


# What senders are told


@pytest.mark.parametrize(
    ("integration", "person", "course", "told"),
    [
        ("studio", "X-1001", "VCA-1", ("registered", "")),
        ("studio", "nobody", "VCA-1", ("refused", "person_unknown")),
        ("studio", "X-1001", "none", ("refused", "course_not_in_training")),
        ("exams", "1001", "78", ("refused", "no_training_request")),
        ("studio", "X-1006", "VCA-1", ("refused", "no_training_request")),
        ("studio", "X-1003", "VCA-1", ("refused", "request_finished")),
        ("studio", "X-1007", "VCA-1", ("refused", "request_finished")),
        ("studio", "X-1004", "VCA-1", ("refused", "ambiguous_request")),
    ],
)
@pytest.mark.usefixtures("register")
def test_a_sender_is_told_what_becomes_of_a_completion_before_it_is_derived(
    engine, integration, person, course, told
):
    with engine.connect() as session:
        answer = results.answer(session, integration, person, course)
    assert (answer.outcome, answer.reason) == told


def test_one_completion_and_many_are_looked_at_alike(engine, register, read):
    persons = ["X-1001", "X-1003", "X-1004", "X-1006", "X-1007", "nobody"]
    for person in persons:
        for course in ("VCA-1", "77", "none"):
            report(engine, "studio", person, course, "2026-03-02", grade=8)
    register()
    fields = list(Place.__dataclass_fields__)
    ids = read("select completion_id from core.reported_completions")["completion_id"].tolist()
    with engine.connect() as session:
        many = db.query(session, "results/registrations.said", integration="studio", completions=ids)
        for row in many.to_dict("records"):
            [one] = db.rows(session, "results/registrations.place", integration="studio",
                            person_id=row["person_id"], course_id=row["course_id"])  # fmt: skip
            assert dict(one) == {name: row[name] for name in fields}
    assert len(many) == 18


@pytest.mark.parametrize("status", ["open", "finished"])
def test_a_sender_is_told_that_a_part_is_registered_already(engine, register, write, status):
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=8)
    register()
    write(f"update core.training_requests set status = '{status}' where request_code = 'R1'")
    with engine.connect() as session:
        assert results.answer(session, "studio", "X-1001", "VCA-1").outcome == "already"


@pytest.mark.usefixtures("register")
def test_the_answer_is_found_by_keys(engine, write):
    write(
        "insert into core.training_requests (request_code, training_code, external_id, status)"
        " select 'N' || number, 'T1', 'N' || number, 'open' from generate_series(1, 20000) as number;"
        " analyze core.training_requests"
    )
    with engine.connect() as session:
        before = time_of(session)
        assert results.answer(session, "studio", "N777", "VCA-1").outcome == "registered"
        read_rows = time_of(session) - before
    assert read_rows < 200


def time_of(session):
    """How many rows of requests were read by scanning the table so far, as the server counts in this transaction."""
    return session.exec_driver_sql(
        "select coalesce(pg_stat_get_xact_tuples_returned('core.training_requests'::regclass), 0)"
    ).scalar()


# From Moodle


def test_a_course_completed_in_moodle_is_registered_with_its_grade_scaled_into_the_definition(
    engine, register, read, effects
):
    complete_in_moodle(engine, "CL00001", "2", "2026-09-25 22:30Z", 50)
    assert counted(read, register()[0]) == [("moodle_main", 1, 1, 0, 0, "")]
    assert effects("R8", "T2-ONLINE") == "5.5 t t t t 2026-09-26"  # half of 1 to 10; the day is Amsterdam's
    assert counted(read, register()[0]) == []


def test_a_course_completed_without_a_grade_is_registered_without_a_result(engine, register, effects):
    complete_in_moodle(engine, "CL00001", "2", "2026-09-25 12:30Z", None)
    register()
    assert effects("R8", "T2-ONLINE") == "- t t t t 2026-09-25"


def test_where_there_is_a_pass_mark_the_grade_says_who_passed(engine, register, write, effects):
    write("update core.integrations set pass_mark = 5.6 where integration = 'moodle_main'")
    complete_in_moodle(engine, "CL00001", "2", "2026-09-25 12:30Z", 50)
    register()
    assert effects("R8", "T2-ONLINE") == "5.5 t f t t 2026-09-25"


def test_more_than_all_points_of_moodle_lie_outside_the_definition(engine, register, listed):
    complete_in_moodle(engine, "CL00001", "2", "2026-09-25 12:30Z", 110)
    register()
    assert listed("grade_outside_definition") == ["2/CL00001"]


def test_a_completion_of_moodle_that_is_nobodys_open_part_is_left_until_it_is(
    engine, register, write, effects, read
):
    complete_in_moodle(engine, "CL00002", "2", "2026-09-25 12:30Z", 50)  # R9 is finished
    complete_in_moodle(engine, "CL00003", "2", "2026-09-25 12:30Z", 50)  # asked for nothing
    register()
    assert read("select * from core.reported_completions").empty
    write("update core.training_requests set status = 'open' where request_code = 'R9'")
    register()
    assert effects("R9", "T2-ONLINE") == "5.5 t t t t 2026-09-25"


def test_a_completion_that_a_person_revoked_is_not_registered(engine, register, write, read):
    complete_in_moodle(engine, "CL00001", "2", "2026-09-25 12:30Z", 50)
    write("update core.course_completions set passed = false")
    register()
    assert read("select * from core.registrations").empty


@pytest.mark.usefixtures("register")
def test_a_course_that_is_only_the_part_of_a_training_is_polled_and_its_completions_count(engine, write):
    write("update core.training_parts set course_id = '7' where part_code = 'T2-ONLINE'")
    with engine.connect() as session:
        wanted = db.query(session, "results/courses.occurrences", source="moodle_main")
    [row] = wanted[wanted["scope"] == "7"].to_dict("records")
    assert (row["counted"], row["waited_for"], pd.isna(row["occurrence_code"])) == (True, False, True)


def test_what_comes_in_while_a_run_is_under_way_is_looked_at_by_the_next(
    register, engine, effects, monkeypatch
):
    came = []

    def comes_in(point):
        if point == "registrations.merged" and not came:
            came.append(point)
            report(engine, "studio", "X-1002", "VCA-1", "2026-03-03", grade=8)

    monkeypatch.setattr(failpoint, "point", comes_in)
    report(engine, "studio", "X-1001", "VCA-1", "2026-03-02", grade=7)
    register()
    assert came
    assert effects("R2", "T1-THEORY") is None
    register()
    assert effects("R2", "T1-THEORY") == "8.0 f t t t 2026-03-03"
