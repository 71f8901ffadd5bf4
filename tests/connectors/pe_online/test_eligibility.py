"""Which results earn points, from when, and under whose number."""

from pathlib import Path

import pandas as pd
import pytest

from etl.reference.importing import import_set
from etl.sandbox.pe_online.ledger import BookedCourse
from tests.connectors.pe_online.site import COURSE, ORG
from tests.fixtures.warehouse import SAMPLE

GOLDEN = Path(__file__).parents[2] / "golden"


def test_the_reference_site_gives_exactly_the_expected_attendance(engine, sandbox, site):
    site.sql("delete from core.profession_groups")
    site.sql("delete from core.sources")
    import_set(engine, SAMPLE)
    for row in pd.read_csv(GOLDEN / "moodle_results" / "course_completions.csv", dtype=str).itertuples():
        site.passed(row.client_code, row.source_course_id, row.completed_at)
    site.plan()
    expected = pd.read_csv(GOLDEN / "pe_online" / "pe_attendance.csv", dtype=str, keep_default_na=False)
    expected["status"] = expected["status"].replace("sendable", "pending")
    columns = ", ".join(f"coalesce({name}::text, '')" for name in expected.columns)
    assert set(site.sql(f"select {columns} from mart.pe_attendance")) == set(
        expected.itertuples(index=False, name=None)
    )
    listed = site.sql("select reason_code from mart.rejections where resolved_at is null")
    assert sorted(listed) == sorted((one,) for one in expected["reason"] if one)


def test_a_failed_course_earns_nothing(site):
    site.accredit()
    site.person("C1", "052001")
    site.passed("C1", passed=False)
    site.night()
    assert site.statuses() == {}


def test_an_inactive_group_has_no_row_at_all(site):
    site.accredit()
    site.learners(1)
    site.sql("update core.profession_groups set active = false")
    site.night()
    assert site.statuses() == {}


def test_results_obtained_before_an_accreditation_was_added_are_registered_at_once(site):
    people = site.learners(2)
    site.night()
    assert site.statuses() == {}
    site.accredit()
    site.night()
    assert site.booked() == dict.fromkeys(people, 1)


def test_one_learner_has_points_in_each_register_under_its_own_number(site):
    site.accredit()
    site.accredit(org=19, pe_course=401777)
    site.person("C1", "052001")
    site.person("C1", "19022000101", org=19)
    site.passed("C1")
    site.night()
    assert site.booked() == {"052001": 1, "19022000101": 1}


def test_a_missing_and_a_malformed_number_withhold_the_points_until_they_are_right(site):
    site.accredit()
    site.person("C1")
    site.person("C2", "52002", known=False)
    for client in ("C1", "C2"):
        site.passed(client)
    site.night()
    assert site.statuses() == {"C1": "withheld", "52002": "withheld"}
    for client, number in (("C1", "052001"), ("C2", "052002")):
        site.person(client, number)
    assert site.night() == "success"
    assert site.statuses() == {"052001": "accepted", "052002": "accepted"}
    assert site.sql("select count(*) from mart.rejections where resolved_at is null") == [(0,)]


def test_points_that_were_not_sent_before_the_accreditation_closed_are_withheld_not_deleted(site):
    site.accredit()
    site.learners(1)
    site.plan()
    site.sql("update core.accreditations set closed_at = now()")
    site.night()
    assert site.only("status", "reason") == ("withheld", "no_longer_accredited")
    site.sql("update core.accreditations set closed_at = null")
    site.night()
    assert site.only("status", "reason") == ("accepted", None)


def test_points_that_were_accepted_stand_when_the_accreditation_closes(site):
    site.accredit()
    site.learners(1)
    site.night()
    site.sql("update core.accreditations set closed_at = now()")
    site.night()
    assert site.only("status") == "accepted"


@pytest.mark.parametrize("at", ["2026-09-25T16:13:20Z", "2026-11-25T16:13:20Z"])
def test_one_number_and_pe_course_are_claimed_once_whatever_source_course_earned_it(site, at):
    site.accredit("2")
    site.accredit("3", known=False)
    site.person("C1", "052001")
    site.passed("C1", "2")
    site.passed("C1", "3", at=at)
    assert site.night() == "success"
    assert site.night() == "success"
    assert (site.booked(), len(site.received())) == ({"052001": 1}, 1)
    held = site.sql("select source_course_id, status, reason from mart.pe_attendance order by 1")
    assert held == [("2", "accepted", None), ("3", "withheld", "points_claimed_already")]
    assert site.open_cases() == []


def test_a_number_that_two_clients_hold_is_sent_for_neither_and_listed_for_both(site):
    site.accredit()
    for client in ("C1", "C2"):
        site.person(client, "052001")
        site.passed(client)
    assert site.night() == "success"
    assert site.received() == []
    assert site.open_cases() == ["ambiguous_learner"] * 2
    site.number("C2", "052002")
    site.sandbox.ledger.add_person(ORG, "052002")
    site.night()
    assert site.booked() == {"052001": 1, "052002": 1}
    assert site.open_cases() == []


def test_the_day_that_decides_is_the_account_s_not_utc_s(site):
    site.accredit(valid_from="2026-09-01", known=False)
    site.person("C1", "052001")
    site.person("C2", "052002")
    site.passed("C1", at="2026-08-31T22:30:00Z")
    site.passed("C2", at="2026-08-31T21:30:00Z")
    site.plan()
    assert site.statuses() == {"052001": "pending"}


def test_a_certificate_that_is_renewed_every_year_gives_points_in_each_period(site):
    site.accredit()
    site.accredit(valid_from="2027-01-01", valid_to="2027-12-31", known=False)
    site.sandbox.ledger.add_course(BookedCourse(ORG, COURSE, "2027-01-01", "2027-12-31"))
    site.person("C1", "052001")
    site.passed("C1")
    site.night()
    for again in ("2026-11-25T16:13:20Z", "2027-02-01T08:00:00Z", "2027-05-01T08:00:00Z"):
        site.passed("C1", at=again)
        assert site.night() == "success"
    assert [row["end_date"][:10] for row in site.received()] == ["2026-09-25", "2027-02-01"]
    assert site.booked() == {"052001": 2}
