"""From IEP LVS over HTTP into the warehouse; the expected outcome was made by hand (tests/golden/iep_lvs)."""

import pytest
from sqlalchemy import Engine

from etl.connectors.iep_lvs import flow
from etl.engine.options import Options
from etl.errors import InvalidInput
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.nights import current, golden, night, rejected
from tests.connectors.iep_lvs.school import rows

FIRST, SECOND = samples()["first_night"], samples()["second_night"]


def test_two_nights_leave_what_was_worked_out_by_hand(iep: Sender, engine: Engine) -> None:
    assert iep.send(FIRST).taken
    assert night(engine) == {"read": 8, "written": 6, "unchanged": 0, "rejected": 2, "ignored": 0}
    assert iep.send(SECOND).taken
    assert night(engine) == {"read": 3, "written": 2, "unchanged": 1, "rejected": 0, "ignored": 0}
    assert current(engine) == golden("test_results")
    assert rejected(engine) == golden("rejections")


def test_the_same_messages_in_any_order_and_number_leave_the_same_rows(iep: Sender, engine: Engine) -> None:
    for message in (SECOND, SECOND, FIRST, SECOND, FIRST):
        assert iep.send(message).taken
    assert night(engine) == {"read": 11, "written": 8, "unchanged": 1, "rejected": 2, "ignored": 0}
    assert current(engine) == golden("test_results")
    assert rejected(engine) == golden("rejections")
    assert rows(engine, "select count(*) from ops.deliveries group by message_id order by message_id") == [
        (3,),
        (2,),
    ]


def test_a_second_identical_night_writes_nothing(iep: Sender, engine: Engine) -> None:
    iep.send(FIRST)
    night(engine)
    assert night(engine)["read"] == 0
    again = night(engine, Options(full=True))
    assert (again["written"], again["unchanged"]) == (0, 6)


def test_history_keeps_what_a_result_was(iep: Sender, engine: Engine) -> None:
    iep.send(FIRST)
    night(engine)
    iep.send(SECOND)
    night(engine)
    history = rows(
        engine,
        """select version, value, level, is_current from mart.test_result_history
           where result_key = 'IEP-100001' and value_type = 'vaardigheidsscore' order by version""",
    )
    assert history == [(1, "71", "1F", False), (2, "80", "2F", True)]


def test_a_message_made_earlier_that_comes_later_does_not_win(iep: Sender, engine: Engine) -> None:
    iep.send(SECOND)
    night(engine)
    iep.send(FIRST)
    night(engine)
    assert current(engine) == golden("test_results")


def test_what_is_said_every_night_is_kept_twice_at_most(iep: Sender, engine: Engine) -> None:
    for day in range(13, 20):
        iep.send(FIRST.replace(b"2026-01-13T01:05:00", f"2026-01-{day}T01:05:00".encode()))
        night(engine)
    held = rows(engine, "select count(*), count(distinct result_key) from core.test_result_versions")
    assert held == [(12, 6)]
    assert rows(engine, "select max(version) from mart.test_results") == [(1,)]


def test_a_result_that_went_back_to_what_it_was_has_three_versions_in_any_order(
    iep: Sender, engine: Engine
) -> None:
    back = FIRST.replace(b"2026-01-13T01:05:00", b"2026-01-20T01:05:00")
    for message in (back, FIRST, SECOND):
        iep.send(message)
        night(engine)
    found = rows(
        engine,
        """select version, value from mart.test_result_history
           where result_key = 'IEP-100001' and value_type = 'vaardigheidsscore' order by version""",
    )
    assert found == [(1, "71"), (2, "80"), (3, "71")]


def test_absence_never_means_deletion(iep: Sender, engine: Engine) -> None:
    iep.send(FIRST)
    iep.send(SECOND)
    night(engine)
    assert "IEP-100003" not in SECOND.decode()
    assert rows(engine, "select count(*) from mart.test_results where result_key = 'IEP-100003'") == [(2,)]


def test_a_pupil_who_becomes_known_gets_the_results_that_came_before(iep: Sender, engine: Engine) -> None:
    iep.send(FIRST)
    night(engine)
    with engine.begin() as session:
        session.exec_driver_sql("insert into core.clients (client_code) values ('PUP9999')")
        session.exec_driver_sql(
            "insert into core.client_numbers (client_code, scheme, value) "
            "values ('PUP9999', 'leerlingid:99QQ00', 'LL-9999')"
        )
    assert night(engine)["written"] == 1
    assert rejected(engine) == [("99QQ00/IEP-100007", "excluded_test")]
    assert rows(engine, "select value from mart.test_results where pupil_key = 'PUP9999'") == [("20",)]


def test_two_clients_with_the_number_of_one_pupil_are_not_guessed(iep: Sender, engine: Engine) -> None:
    with engine.begin() as session:
        session.exec_driver_sql(
            "update core.client_numbers set value = 'LL-4003' where scheme = 'leerlingid:99QQ00' and value = 'LL-8004'"
        )
    iep.send(FIRST)
    night(engine)
    assert ("99QQ00/IEP-100005", "ambiguous_learner") in rejected(engine)


def test_what_is_rejected_again_every_night_is_listed_once(iep: Sender, engine: Engine) -> None:
    for day in range(13, 18):
        iep.send(FIRST.replace(b"2026-01-13T01:05:00", f"2026-01-{day}T01:05:00".encode()))
        night(engine)
        assert rejected(engine) == golden("rejections")
    found = rows(
        engine,
        "select count(*) from ops.rejections where first_seen_at < (select max(received_at) from raw.inbox) "
        "and last_seen_at > (select max(received_at) from raw.inbox) and resolved_at is null",
    )
    assert found == [(2,)]
    assert rows(engine, "select rejected from mart.school_links") == [(2,)]


def test_what_was_left_out_of_several_messages_has_its_history_when_the_pupil_is_known(
    iep: Sender, engine: Engine
) -> None:
    for day in (13, 15, 14):
        changed = FIRST.replace(b"2026-01-13T01:05:00", f"2026-01-{day}T01:05:00".encode())
        assert iep.send(changed.replace(b"score>20<", f"score>{day}<".encode())).taken
        night(engine)
    assert rejected(engine) == golden("rejections")
    with engine.begin() as session:
        session.exec_driver_sql("insert into core.clients (client_code) values ('PUP9999')")
        session.exec_driver_sql(
            "insert into core.client_numbers (client_code, scheme, value) "
            "values ('PUP9999', 'leerlingid:99QQ00', 'LL-9999')"
        )
    night(engine)
    history = "select version, value from mart.test_result_history where pupil_key = 'PUP9999' order by 1"
    assert rows(engine, history) == [(1, "13"), (2, "14"), (3, "15")]


@pytest.mark.parametrize("nightly", [False, True])
@pytest.mark.parametrize(
    "order", [(1, 2, 3, 4, 5), (1, 3, 5, 2, 4), (5, 3, 1, 4, 2), (1, 5, 3, 2, 4), (5, 4, 3, 2, 1)]
)
def test_history_is_right_in_any_order_of_arrival(
    order: tuple[int, ...], nightly: bool, iep: Sender, engine: Engine
) -> None:
    for number in order:
        said = FIRST.replace(b"2026-01-13T01:05:00", f"2026-01-{12 + number}T01:05:00".encode())
        assert iep.send(said.replace(b"score>14<", b"score>14<" if number % 2 else b"score>15<")).taken
        if nightly:
            night(engine)
    night(engine)
    history = (
        "select version, value from mart.test_result_history where result_key = 'IEP-100004' order by version"
    )
    assert rows(engine, history) == [(1, "14"), (2, "15"), (3, "14"), (4, "15"), (5, "14")]
    assert night(engine, Options(full=True))["written"] == 0


def test_a_past_night_is_derived_again_from_the_inbox(iep: Sender, engine: Engine) -> None:
    iep.send(FIRST)
    night(engine)
    with engine.begin() as session:
        session.exec_driver_sql("delete from core.test_result_versions")
        [(until,)] = session.exec_driver_sql(
            "select received_at + interval '1 hour' from raw.inbox"
        ).fetchall()
    assert night(engine, Options(nights=(until,)))["written"] == 6


def test_a_dry_run_writes_no_result(iep: Sender, engine: Engine) -> None:
    iep.send(FIRST)
    assert night(engine, Options(dry_run=True))["written"] == 6
    assert current(engine) == []
    assert night(engine)["written"] == 6


def test_bodies_go_when_their_retention_ends_and_results_stay(
    iep: Sender, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IEP_INBOX_RETENTION_DAYS", "30")
    iep.send(FIRST)
    night(engine)
    assert rows(engine, "select body is null from raw.inbox") == [(False,)]
    with engine.begin() as session:
        session.exec_driver_sql("update raw.inbox set received_at = received_at - interval '31 days'")
    night(engine)
    assert rows(engine, "select body is null from raw.inbox") == [(True,)]
    assert len(current(engine)) == 10
    assert iep.send(FIRST).taken
    assert night(engine)["read"] == 0


@pytest.mark.parametrize("view", ["test_results", "test_result_history"])
def test_the_results_of_one_pupil_are_read_by_an_index(view: str, engine: Engine) -> None:
    with engine.begin() as session:
        session.exec_driver_sql("set local enable_seqscan = off")
        plan = session.exec_driver_sql(f"explain select * from mart.{view} where pupil_key = 'P'").scalars()
        lines = "\n".join(plan)
    assert "Index Cond: (pupil_key = 'P'::text)" in lines
    assert "WindowAgg" not in lines


@pytest.mark.parametrize("value", ["0", "-1", "two years", "1e3"])
def test_a_retention_that_is_no_number_of_days_is_named(
    value: str, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IEP_INBOX_RETENTION_DAYS", value)
    with pytest.raises(InvalidInput, match="IEP_INBOX_RETENTION_DAYS must be a whole number above 0"):
        flow.forget_bodies(engine)


def test_each_school_has_its_last_message_counts_and_warnings(iep: Sender, engine: Engine) -> None:
    iep.send(FIRST)
    night(engine)
    found = rows(
        engine,
        """select status, code_is_entered, messages, results, pupils, warnings, rejected, last_message_at is not null
           from mart.school_links""",
    )
    assert found == [("active", True, 1, 6, 3, 1, 2, True)]
