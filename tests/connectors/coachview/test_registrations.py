"""Completions become registrations once, whatever came first: the completion or what it needs."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from etl.connectors.coachview import flow
from etl.engine import failpoint
from etl.engine.options import Options
from etl.results import registrations as results
from tests.connectors.coachview.requests import counted, report

GOOD = "8.0 f t t t 2026-03-02"


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
