"""From IEP LVS over HTTP into the warehouse; the expected outcome was made by hand (tests/golden/iep_lvs)."""

import csv
import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from etl.connections import Connection
from etl.connectors.iep_lvs import flow, links
from etl.engine.options import Options
from etl.errors import InvalidInput
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.school import log, rows

GOLDEN = Path(__file__).parents[2] / "golden" / "iep_lvs"
FIRST, SECOND = samples()["first_night"], samples()["second_night"]


def golden(name: str) -> list[tuple[str, ...]]:
    with (GOLDEN / f"{name}.csv").open(encoding="utf-8") as file:
        return sorted(tuple(row) for row in list(csv.reader(file))[1:])


def current(engine: Engine) -> list[tuple[str, ...]]:
    found = rows(
        engine,
        """select pupil_key, result_key, test_code, test_part, taken_on, school_year, value_type, value, scale,
                  comparison_group, level, warnings, version from mart.test_results where brin6 = '99QQ00'""",
    )
    return sorted(tuple("" if value is None else str(value) for value in row) for row in found)


def rejected(engine: Engine) -> list[tuple[str, ...]]:
    return sorted(
        rows(
            engine,
            "select record_key, reason_code from mart.rejections where resolved_at is null",
        )
    )


def no_connection(conn_id: str) -> Connection:
    raise AssertionError(conn_id)


def night(engine: Engine, options: Options = Options()) -> dict[str, int]:  # noqa: B008
    run_id, status = flow.run(engine, no_connection, options)
    assert status == "success"
    [counts] = rows(
        engine,
        """select coalesce(sum(read), 0), coalesce(sum(written), 0), coalesce(sum(unchanged), 0),
                  coalesce(sum(rejected), 0), coalesce(sum(ignored), 0) from ops.run_steps where run_id = :run""",
        run=run_id,
    )
    return dict(zip(("read", "written", "unchanged", "rejected", "ignored"), map(int, counts), strict=True))


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


def test_lenient_reading_lands_the_message_and_lists_the_bad_rows(
    iep: Sender, engine: Engine, school: str
) -> None:
    assert "OngeldigBericht" in iep.send(samples()["deviating"]).fault
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    assert iep.send(samples()["deviating"]).taken
    assert night(engine) == {"read": 3, "written": 1, "unchanged": 0, "rejected": 2, "ignored": 0}
    assert rejected(engine) == [
        ("99QQ00/IEP-100010", "malformed_record"),
        ("99QQ00/IEP-100011", "malformed_record"),
    ]
    [(reason,)] = rows(engine, "select distinct reason from ops.rejections")
    assert "element score" in reason


def test_a_bad_row_is_settled_when_a_later_message_says_it_well(
    iep: Sender, engine: Engine, school: str
) -> None:
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    iep.send(samples()["deviating"])
    night(engine)
    better = (
        samples()["deviating"]
        .replace(b"2026-01-15", b"2026-01-16")
        .replace(b">X<", b">3<")
        .replace(b"17.5", b"17")
    )
    iep.send(better)
    night(engine)
    assert rejected(engine) == []
    night(engine, Options(full=True))
    assert rejected(engine) == []


def test_what_cannot_be_read_is_listed_once_whatever_key_it_comes_under(
    iep: Sender, engine: Engine, school: str
) -> None:
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    for day in (15, 17, 16):
        again = samples()["deviating"].replace(b"2026-01-15T", f"2026-01-{day}T".encode())
        for key in ("IEP-100010", "IEP-100011"):
            again = again.replace(key.encode(), f"{key}-{day}".encode())
        assert iep.send(again).taken
        counts = night(engine)
        assert counts["rejected"] + counts["ignored"] == 2
        last = max(day, 17) if day == 16 else day
        assert rejected(engine) == [
            (f"99QQ00/IEP-100010-{last}", "malformed_record"),
            (f"99QQ00/IEP-100011-{last}", "malformed_record"),
        ]
    night(engine, Options(full=True))
    assert [key for key, _ in rejected(engine)] == ["99QQ00/IEP-100010-17", "99QQ00/IEP-100011-17"]
    assert rows(engine, "select count(*) from ops.rejections") == [(2,)]


def test_a_test_message_is_answered_logged_and_leaves_no_row(iep: Sender, engine: Engine) -> None:
    assert iep.send(samples()["test_message"]).taken
    assert night(engine) == {"read": 1, "written": 0, "unchanged": 0, "rejected": 0, "ignored": 1}
    assert log(engine)[-1] == ("test_message", None)
    assert current(engine) == rejected(engine) == []


def test_a_test_message_may_have_several_dummy_pupils(iep: Sender, engine: Engine) -> None:
    [pupil] = re.findall(rb"<toetsafname>.*</toetsafname>", samples()["test_message"], re.DOTALL)
    results = b"".join(
        pupil[pupil.index(b"<resultaat ") : pupil.index(b"</resultaten>")].replace(b'"TEST"', b'"%d-%d"')
        for _ in range(3)
    )
    start, end = pupil.index(b"<resultaat "), pupil.index(b"</resultaten>")
    dummies = b"".join(
        (pupil[:start] + results % (n, 1, n, 2, n, 3) + pupil[end:]).replace(
            b">TEST</leerling", b">T%d</leerling" % n
        )
        for n in range(3)
    )
    assert iep.send(samples()["test_message"].replace(pupil, dummies)).taken
    assert night(engine) == {"read": 9, "written": 0, "unchanged": 0, "rejected": 0, "ignored": 9}
    assert log(engine)[-1] == ("test_message", None)
    assert current(engine) == rejected(engine) == []


def test_a_first_delivery_of_many_unknown_pupils_is_no_test_message(iep: Sender, engine: Engine) -> None:
    [pupil] = re.findall(rb"<toetsafname>.*</toetsafname>", samples()["test_message"], re.DOTALL)
    strangers = b"".join(
        pupil.replace(b"TEST</leerling", b"T%d</leerling" % n).replace(b'"TEST"', b'"%d"' % n)
        for n in range(11)
    )
    assert iep.send(samples()["test_message"].replace(pupil, strangers)).taken
    assert night(engine)["rejected"] == 11
    assert log(engine)[-1] == ("message", None)


@pytest.mark.parametrize(
    "body", [b"<s:Empty xmlns:s='x'/>", b"", FIRST.replace(b">14<", b">X<"), b"<leerlinggegevens_verzoek/>"]
)
def test_a_test_message_of_any_form_is_told_that_its_key_is_right(
    body: bytes, iep: Sender, engine: Engine
) -> None:
    fault = iep.send(body).fault
    assert fault
    assert "Autorisatie" not in fault
    assert log(engine)[-1][0] == "test_message"


NAMED = b"<lr:brincode>99QQ</lr:brincode>\n    <lr:dependancecode>00</lr:dependancecode>"


def test_a_schoolkey_is_that_of_the_school_of_the_key_or_refused(
    iep: Sender, engine: Engine, school: str
) -> None:
    def named(key: str) -> bytes:
        assert NAMED in FIRST
        return FIRST.replace(NAMED, f"<lr:schoolkey>{key}</lr:schoolkey>".encode())

    refused = (
        "soap:Client.AutorisatieOngeldig: element schoolkey: not of the school of the autorisatiesleutel"
    )
    for key in ("school-1", "11AA00", "11AA", "99QQ01"):
        assert iep.send(named(key)).fault == refused
    for key in ("99QQ00", "99QQ"):
        assert iep.send(named(key)).taken
    with engine.begin() as session:
        links.configure(session, school, "beheer", None, None, "school-1")
    assert iep.send(named("school-1")).taken
    night(engine)
    assert len(current(engine)) == 10


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
