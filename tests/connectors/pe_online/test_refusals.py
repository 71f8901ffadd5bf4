"""What PE-Online refuses: each row gets its own reason, and waits for time, a mapping or a person."""

import pytest

from etl.errors import GiveUp
from etl.sandbox.pe_online.ledger import BookedCourse
from etl.sandbox.pe_online.rules import Reason
from tests.connectors.pe_online.site import COURSE, ORG

EDITION = {"pe_edition_id": "7"}


@pytest.mark.parametrize("style", ["text", "code"])
def test_a_person_unknown_to_the_register_is_offered_again_later_and_the_others_are_registered(site, style):
    site.sandbox.pe.settings = type(site.sandbox.pe.settings)(error_style=style)
    site.accredit()
    people = site.learners(3)
    site.person("C9", "999999", known=False)
    site.passed("C9")
    assert site.night() == "success"
    assert site.statuses() == dict.fromkeys(people, "accepted") | {"999999": "rejected"}
    row = "select reason, explanation, next_attempt_at > now() + interval '1 hour' from mart.pe_attendance"
    ((reason, words, later),) = site.sql(f"{row} where relation_number = '999999'")
    assert (reason, later) == ("person_unknown", True)
    assert "999999" not in words
    site.night()
    assert site.calls() == 1
    site.sandbox.ledger.add_person(ORG, "999999")
    site.sql("update ops.outbox set next_attempt_at = now() where status = 'rejected'")
    site.night()
    assert site.booked() == dict.fromkeys([*people, "999999"], 1)


def test_what_is_offered_again_and_again_comes_to_an_end(site):
    site.accredit()
    site.person("C1", "999999", known=False)
    site.passed("C1")
    site.night(retry_days=30)
    site.sql("update ops.outbox set first_due_at = now() - interval '31 days', next_attempt_at = now()")
    site.night(retry_days=30)
    assert site.only("status", "attempts", "next_attempt_at") == ("rejected", 2, None)


def test_a_permanent_rejection_waits_for_its_mapping_and_is_then_sent(site):
    site.accredit()
    site.sandbox.ledger.add_module(ORG, COURSE, 12)
    site.learners(2)
    site.night()
    assert site.sql("select distinct status, reason, next_attempt_at from mart.pe_attendance") == [
        ("rejected", "module_missing", None)
    ]
    site.night()
    assert site.calls() == 1
    site.sql("update core.accreditations set pe_module_id = '12'")
    site.night()
    assert sum(site.booked().values()) == 2


def test_a_rejected_row_is_sent_again_when_a_person_asks_for_it(site):
    site.accredit(known=False)
    site.sandbox.ledger.add_person(ORG, "052001")
    site.learners(1)
    site.night()
    assert site.only("status") == "rejected"
    site.sql("update ops.outbox set next_attempt_at = null")
    site.resend(item_ids=[site.only("attendance_id")])
    site.night()
    assert (site.only("attempts"), site.calls()) == (2, 2)
    assert site.sql("select decision, decided_by from ops.outbox_decisions") == [("resend", "clerk")]


def test_a_mapping_that_the_service_could_not_read_is_rejected_without_being_sent(site):
    site.accredit(known=False, pe_edition_id="7")
    site.accredit("3", pe_course=700010)
    site.learners(2)
    site.passed("C052001", "3")
    assert site.night() == "success"
    found = site.sql("select status, reason, count(*) from mart.pe_attendance group by 1, 2 order by 1")
    assert found == [("accepted", None, 1), ("rejected", "invalid_row", 2)]
    assert len(site.received()) == 1


def test_a_refused_key_stops_the_account_keeps_everything_pending_and_is_told_once(site):
    site.accredit()
    site.accredit("3", org=19, pe_course=401777)
    people = site.learners(5)
    site.person("C052001", "19022000101", org=19)
    site.passed("C052001", "3")
    assert site.night(key="wrong", batch_limit=2) == "incomplete"
    assert site.statuses() == dict.fromkeys([*people, "19022000101"], "pending")
    assert site.problems() == [("account", "pe_online", "account_refused")]
    assert site.calls() == 1
    assert site.night() == "success"
    assert sum(site.booked().values()) == 6


def test_too_many_rows_are_sent_in_smaller_calls(site):
    site.sandbox.pe.settings = type(site.sandbox.pe.settings)(limit=3)
    site.accredit()
    people = site.learners(20)
    assert site.night() == "success"
    assert site.booked() == dict.fromkeys(people, 1)
    assert len(site.received()) == 20


def test_a_row_that_spoils_the_structure_is_isolated_and_the_others_are_sent(site):
    site.accredit()
    people = site.learners(9)
    site.plan()
    site.sql(
        "update ops.pe_attendance set end_date = '2026-02-30T10:00:00+01:00' where client_code = 'C052004'"
    )
    assert site.night() == "success"
    assert site.statuses() == dict.fromkeys(people, "accepted") | {"052004": "rejected"}
    assert site.sql("select reason from mart.pe_attendance where status = 'rejected'") == [("invalid_row",)]
    assert len(site.received()) == 8


def test_a_structure_that_is_refused_for_every_row_is_not_blamed_on_the_rows(site):
    site.accredit()
    site.learners(3)
    site.plan()
    site.sql("update ops.pe_attendance set end_date = '2026-02-30T10:00:00+01:00'")
    with pytest.raises(GiveUp, match="check the settings"):
        site.push()
    assert set(site.statuses().values()) == {"pending"}


def test_a_reason_that_is_not_known_is_kept_open_for_a_person_and_offered_again(site, monkeypatch):
    site.accredit()
    site.person("C1", "999999", known=False)
    site.passed("C1")
    unheard = "Iets nieuws over Professional {person} op regel {line}"
    monkeypatch.setattr(Reason.PERSON_UNKNOWN, "_value_", (unheard,))
    assert site.night() == "success"
    assert site.only("status", "reason") == ("rejected", "not_classified")
    assert site.only("explanation").endswith("PE-Online: Iets nieuws over Professional *** op regel 2")
    assert site.open_cases() == ["not_classified"]
    site.sandbox.ledger.add_person(ORG, "999999")
    site.sql("update ops.outbox set next_attempt_at = now() where next_attempt_at > now()")
    site.night()
    assert site.booked() == {"999999": 1}


@pytest.mark.parametrize("style", ["text", "code"])
def test_errors_of_several_kinds_in_one_call_give_each_row_its_own_reason(site, style):
    site.sandbox.pe.settings = type(site.sandbox.pe.settings)(error_style=style)
    site.accredit("2")
    for place, (course, kind) in enumerate([("3", 4), ("4", 4), ("5", 2), ("6", 2)]):
        site.accredit(course, pe_course=700010 + place, course_type=kind, **(EDITION if kind == 4 else {}))
    site.sandbox.ledger.add_meeting(ORG, 700010, (8, None))
    site.sandbox.ledger.add_meeting(ORG, 700011, (7, None))
    site.sandbox.ledger.add_module(ORG, 700012, 1)
    site.sandbox.ledger.add_course(
        BookedCourse(ORG, 700013, "2026-01-01", "2026-12-31", 2, None, "somebody else")
    )
    for place in range(20):
        number = f"{60000 + place:06d}"
        site.person(f"C{place:02d}", number, known=place % 5 != 0 or place > 9)
        site.passed(f"C{place:02d}", str(2 + place % 5))
    assert site.night() == "success"
    found = site.sql(
        "select source_course_id, status, coalesce(reason, ''), count(*) from mart.pe_attendance"
        " group by 1, 2, 3 order by 1, 2, 3"
    )
    assert found == [
        ("2", "accepted", "", 2),
        ("2", "rejected", "person_unknown", 2),
        ("3", "rejected", "edition_fault", 4),
        ("4", "accepted", "", 4),
        ("5", "rejected", "module_missing", 4),
        ("6", "rejected", "mandate_missing", 4),
    ]
    assert len(site.sandbox.ledger.bookings()) == 6
