"""What a sender is told becomes of a completion, before it is derived."""

import pytest

from etl import db
from etl.results import registrations as results
from etl.transform.registrations import Place
from tests.connectors.coachview.requests import report


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
