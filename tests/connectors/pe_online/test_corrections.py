"""What is corrected after it was planned, sent or accepted: never twice, and never without a person's word."""

from etl.sandbox.pe_online.ledger import BookedCourse
from tests.connectors.pe_online.site import COURSE, ORG


def test_a_number_that_is_corrected_after_a_rejection_is_sent(site):
    site.accredit()
    site.person("C1", "999999", known=False)
    site.passed("C1")
    site.night()
    assert site.only("status", "reason") == ("rejected", "person_unknown")
    site.person("C1", "052001")
    site.night()
    assert site.booked() == {"052001": 1}


def test_an_edition_that_was_missing_and_is_entered_is_sent_with_it(site):
    site.accredit(course_type=4, pe_edition_id="7")
    site.learners(1)
    site.night()
    assert site.only("status", "reason") == ("rejected", "edition_fault")
    site.sandbox.ledger.add_meeting(ORG, COURSE, (8, None))
    site.sql("update core.accreditations set pe_edition_id = '8'")
    site.night()
    assert site.only("status") == "accepted"


def test_a_pe_course_that_is_replaced_in_place_does_not_send_again_without_a_person_s_word(site):
    site.accredit()
    people = site.learners(3)
    site.night()
    site.sandbox.ledger.add_course(BookedCourse(ORG, 700002, "2026-01-01", "2026-12-31"))
    site.sql("update core.accreditations set pe_course_id = '700002'")
    for _ in range(2):
        assert site.night() == "success"
    assert len(site.received()) == 3
    assert site.open_cases() == ["sent_under_another_course"] * 3
    assert site.resend("withheld", course="700002", reason="sent_under_another_course") == 3
    for _ in range(2):
        assert site.night() == "success"
    assert sorted(row["course"] for row in site.received()) == ["700001"] * 3 + ["700002"] * 3
    assert site.booked() == dict.fromkeys(people, 2)
    assert site.open_cases() == []


def test_a_mapping_that_is_corrected_before_anything_was_accepted_is_sent_and_closes_the_old_case(site):
    site.accredit(known=False)
    site.sandbox.ledger.add_person(ORG, "052001")
    site.learners(1)
    site.night()
    assert site.open_cases() == ["course_unknown"]
    site.sandbox.ledger.add_course(BookedCourse(ORG, 700002, "2026-01-01", "2026-12-31"))
    site.sql("update core.accreditations set pe_course_id = '700002'")
    site.night()
    assert (site.booked(), site.open_cases()) == ({"052001": 1}, [])


def test_a_number_that_is_corrected_after_the_points_were_accepted_is_listed_until_a_person_decides(site):
    site.accredit()
    site.learners(2)
    site.night()
    for client, number in (("C052001", "062001"), ("C052002", "062002")):
        site.person(client, number)
    for _ in range(2):
        site.night()
    assert (len(site.received()), site.open_cases()) == (2, ["number_changed"] * 2)
    held = site.sql("select distinct status, reason from mart.pe_attendance")
    assert held == [("accepted", "number_changed")]
    needed = "select state, items from mart.attention where reason_code = 'number_changed'"
    assert site.sql(needed) == [("doubted", 2)]
    first, second = (row for (row,) in site.sql("select attendance_id from mart.pe_attendance order by 1"))
    site.settle(first, True)
    site.resend("accepted", item_ids=[second])
    site.night()
    assert site.open_cases() == site.sql(needed) == []
    assert site.booked() == {"052001": 1, "052002": 1, "062002": 1}


def test_a_number_that_was_somebody_else_s_by_mistake_is_sent_when_a_person_says_so(site):
    site.accredit()
    site.person("C1", "052001")
    site.passed("C1")
    site.night()
    site.person("C1", "062001")
    site.person("C2", "052001")
    site.passed("C2", at="2026-10-25T15:13:20Z")
    site.night()
    assert (len(site.received()), site.open_cases()) == (1, ["ambiguous_learner", "number_changed"])
    site.resend("withheld", reason="ambiguous_learner")
    site.resend("accepted", account=str(ORG))
    site.night()
    assert site.open_cases() == []
    assert [(row["person"], row["end_date"][:10]) for row in site.received()] == [
        ("052001", "2026-09-25"),
        ("062001", "2026-09-25"),
        ("052001", "2026-10-25"),
    ]


def test_a_pending_row_is_taken_back_when_its_course_counts_as_passed_no_more(site):
    site.accredit()
    site.learners(1)
    site.plan()
    site.sql("update core.course_completions set passed = false")
    site.night()
    assert site.only("status", "reason") == ("withheld", "no_longer_passed")
    assert (site.received(), site.open_cases()) == ([], [])
    site.sql("update core.course_completions set passed = true")
    site.night()
    assert site.only("status", "reason") == ("accepted", None)
