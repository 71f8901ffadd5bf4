"""Whatever order and wording an answer has, each row gets its own outcome or is unknown."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from etl.push import pe_answers, pe_faults
from etl.push.pe_payload import Attendance

END = "2026-09-25T17:13:20+02:00"


def row(number, person, course="301245", end=END, kind=2, **more):
    return Attendance(number, kind, person, end, pe_course_id=course, **more)


def summary(*parts, accepted=0, rejected=0, total=None):
    counts = (
        f"<rejected_rows>{rejected}</rejected_rows><accepted_rows>{accepted}</accepted_rows>"
        f"<total_rows>{accepted + rejected if total is None else total}</total_rows>"
    )
    return pe_answers.read(
        etree.fromstring(f"<Summary><Results>{counts}</Results>{''.join(parts)}</Summary>")
    )


def ok(person, course="301245", date="25-09-2026"):
    return f"<Accepted><person>{person}</person><course>{course}</course><date>{date}</date></Accepted>"


def error(text, number="100"):
    return f"<Error><errorNR>{number}</errorNR><errorMsg>{text}</errorMsg></Error>"


def outcomes(rows, answer):
    return {key: (one.status, one.reason) for key, one in pe_answers.match(rows, answer).items()}


ACCEPTED, UNKNOWN = ("accepted", None), ("unknown", "outcome_unknown")
A, B, C = row(1, "052001"), row(2, "052002"), row(3, "052003")


def test_accepted_rows_are_found_by_person_in_any_order():
    answer = summary(ok("052003"), ok("052001"), ok("052002"), accepted=3)
    assert outcomes([A, B, C], answer) == {1: ACCEPTED, 2: ACCEPTED, 3: ACCEPTED}


def test_an_error_is_found_by_the_person_in_its_text_whatever_its_line_number_says():
    answer = summary(
        ok("052003"),
        ok("052001"),
        error("Fout in regel 7: persoon 052002 is onbekend"),
        accepted=2,
        rejected=1,
    )
    assert outcomes([A, B, C], answer) == {1: ACCEPTED, 2: ("rejected", "person_unknown"), 3: ACCEPTED}


def test_equal_errors_that_name_only_the_course_belong_to_the_rows_that_are_left():
    text = "Fout in regel {}: module ontbreekt voor cursus 301245"
    answer = summary(ok("052002"), error(text.format(2)), error(text.format(4)), accepted=1, rejected=2)
    missing = ("rejected", "module_missing")
    assert outcomes([A, B, C], answer) == {1: missing, 2: ACCEPTED, 3: missing}


def test_different_errors_that_name_no_person_leave_both_rows_unknown():
    texts = ("module ontbreekt voor cursus 301245", "cursus 301245 is niet uniek binnen uw account")
    answer = summary(ok("052002"), *(error(text) for text in texts), accepted=1, rejected=2)
    assert outcomes([A, B, C], answer) == {1: UNKNOWN, 2: ACCEPTED, 3: UNKNOWN}


def test_the_day_in_a_text_tells_rows_of_one_course_apart():
    later = row(2, "052002", end="2026-09-26T10:00:00+02:00")
    texts = (
        "datum 26-09-2026 valt buiten de accreditatieperiode van cursus 301245",
        "module ontbreekt voor cursus 301245, datum 25-09-2026",
    )
    answer = summary(*(error(text) for text in texts), rejected=2)
    assert outcomes([A, later], answer) == {
        1: ("rejected", "module_missing"),
        2: ("rejected", "date_outside_period"),
    }


def test_a_person_whose_number_is_also_a_course_number_is_not_blamed_for_the_course():
    confusing = row(2, "301245", course="999")
    answer = summary(
        ok("301245", "999"), error("module ontbreekt voor cursus 301245"), accepted=1, rejected=1
    )
    assert outcomes([A, confusing], answer) == {1: ("rejected", "module_missing"), 2: ACCEPTED}
    both = summary(
        error("module ontbreekt voor cursus 301245"), error("persoon 301245 is onbekend"), rejected=2
    )
    assert outcomes([A, confusing], both) == {
        1: ("rejected", "module_missing"),
        2: ("rejected", "person_unknown"),
    }


@pytest.mark.parametrize(
    "counts",
    [
        {"accepted": 2, "rejected": 0, "total": 2},
        {"accepted": 3, "rejected": 1},
        {"accepted": 3, "rejected": 0, "total": 4},
        {"accepted": 2, "rejected": 1},
        {"accepted": "", "rejected": 0, "total": 3},
        {"accepted": "-3", "rejected": 0, "total": 3},
    ],
)
def test_counts_that_do_not_agree_with_each_other_the_content_and_what_was_sent_mean_unknown(counts):
    answer = summary(ok("052001"), ok("052002"), ok("052003"), **counts)
    assert outcomes([A, B, C], answer) == {1: UNKNOWN, 2: UNKNOWN, 3: UNKNOWN}


def test_a_row_that_is_in_neither_part_is_unknown():
    answer = summary(ok("052001"), ok("052003"), accepted=3)
    assert outcomes([A, B, C], answer) == {1: ACCEPTED, 2: UNKNOWN, 3: ACCEPTED}


@pytest.mark.parametrize(
    "entry", [ok("052001", "301246"), ok("052001", date="26-09-2026"), ok("52001"), ok("052001", date="")]
)
def test_an_accepted_row_with_another_person_course_or_day_is_not_ours(entry):
    assert outcomes([A], summary(entry, accepted=1)) == {1: UNKNOWN}


@pytest.mark.parametrize("course", ["301245", "PEO-3"])
def test_a_course_offered_by_its_own_code_may_come_back_by_its_number(course):
    external = Attendance(1, 2, "052001", END, external_course_code="PEO-3")
    assert outcomes([external], summary(ok("052001", course), accepted=1)) == {1: ACCEPTED}


def test_a_classroom_row_is_recognised_without_a_date():
    classroom = row(1, "052001", kind=4, pe_edition_id="7")
    assert outcomes([classroom], summary(ok("052001", date=""), accepted=1)) == {1: ACCEPTED}


def test_a_person_twice_in_one_call_is_never_guessed():
    twin = row(2, "052001", end="2026-09-25T18:00:00+02:00")
    answer = summary(ok("052001"), error("module ontbreekt voor cursus 301245"), accepted=1, rejected=1)
    assert outcomes([A, twin], answer) == {1: UNKNOWN, 2: UNKNOWN}


def test_elements_are_found_by_local_name_in_any_namespace():
    text = (
        '<p:Summary xmlns:p="urn:other"><p:Results><p:rejected_rows>0</p:rejected_rows><p:accepted_rows>1'
        "</p:accepted_rows><p:total_rows>1</p:total_rows></p:Results><!-- x --><p:Accepted><p:edition/>"
        "<p:date>25-09-2026</p:date><p:person>052001</p:person><p:course>301245</p:course></p:Accepted></p:Summary>"
    )
    assert outcomes([A], pe_answers.read(etree.fromstring(text))) == {1: ACCEPTED}


def test_of_several_errors_about_one_row_the_one_that_asks_for_a_person_counts():
    texts = ("persoon 052001 is onbekend", "module ontbreekt voor persoon 052001")
    for order in (texts, texts[::-1]):
        answer = summary(*(error(text) for text in order), rejected=1)
        assert outcomes([A], answer) == {1: ("rejected", "module_missing")}


@pytest.mark.parametrize("number", ["400", "500", "505"])
def test_a_fault_of_the_whole_call_is_told_from_faults_of_rows(number):
    assert summary(error("x", number)).call_fault == number
    assert summary(ok("052001"), error("x", number), accepted=1, rejected=1).call_fault is None
    assert summary(error("x", "100"), rejected=1).call_fault is None


def test_an_unclassified_text_is_shown_in_full_but_without_the_number():
    answer = summary(error("Iets nieuws over 052001, zie 1-1-2027"), rejected=1)
    outcome = pe_answers.match([A], answer)[1]
    assert (outcome.status, outcome.reason, outcome.retry) == ("rejected", "not_classified", False)
    assert outcome.explanation.endswith("PE-Online: Iets nieuws over ***, zie 1-1-2027")


def test_a_row_that_was_registered_already_counts_as_accepted():
    answer = summary(error("deelname van persoon 052001 is reeds geregistreerd"), rejected=1)
    assert outcomes([A], answer) == {1: ("accepted", "already_registered")}


RETRIED = {"course_unknown", "person_unknown"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ERROR1020: cursus X is niet uniek", "course_not_unique"),
        ("ERROR1021: cursus X onbekend", "course_unknown"),
        ("ERROR1022: uitvoering", "edition_missing"),
        ("ERROR1030: niet toegestaan", "mandate_missing"),
        ("ERROR1050: persoon", "person_unknown"),
        ("cursus 301245 is onbekend of niet geaccrediteerd door deze organisatie", "course_unknown"),
        ("cursus 301245 is niet geaccrediteerd", "course_unknown"),
        ("cursus 301245 is niet uniek binnen uw account", "course_not_unique"),
        ("uitvoering ontbreekt voor cursus 301245", "edition_missing"),
        ("uitvoering 7 is onbekend voor cursus 301245", "edition_fault"),
        ("uitvoering mag niet opgegeven worden voor cursus 301245", "edition_fault"),
        ("bijeenkomst ontbreekt voor cursus 301245", "meeting_fault"),
        ("bijeenkomst 3 is onbekend voor cursus 301245", "meeting_fault"),
        ("module ontbreekt voor cursus 301245", "module_missing"),
        ("module 12 is onbekend voor cursus 301245", "module_fault"),
        ("einddatum mag niet opgegeven worden voor cursus 301245", "date_fault"),
        ("einddatum ontbreekt voor cursus 301245", "date_fault"),
        ("datum 01-01-2026 valt buiten de accreditatieperiode van cursus 301245", "date_outside_period"),
        ("datum 01-01-2026 valt buiten de registratieperiode van cursus 301245", "date_outside_period"),
        ("persoon 052001 is onbekend", "person_unknown"),
        ("persoon is niet opgegeven voor cursus 301245", "person_missing"),
        ("deze organisatie staat aanlevering door een reseller niet toe", "mandate_missing"),
        ("wat anders", "not_classified"),
        ("", "not_classified"),
    ],
)
def test_every_known_reason_has_its_class_and_only_what_can_mend_itself_is_offered_again(text, code):
    fault = pe_faults.classify("100", text)
    expected = pe_faults.Policy.RETRY if code in RETRIED else pe_faults.Policy.REJECT
    assert (fault.code, fault.policy) == (code, expected)
    assert pe_faults.classify(text[:9], text[9:]).code == code or not text.startswith("ERROR")


PEOPLE = [row(number, f"{52000 + number:06d}") for number in range(1, 7)]
FATES = {
    "accepted": lambda one: ok(one.relation_number),
    "unknown person": lambda one: error(f"persoon {one.relation_number} is onbekend"),
    "no module": lambda _: error("module ontbreekt voor cursus 301245"),
}
REASONS = {
    "accepted": ACCEPTED,
    "unknown person": ("rejected", "person_unknown"),
    "no module": ("rejected", "module_missing"),
}


@given(st.data())
@settings(deadline=None)
def test_the_order_of_an_answer_never_matters(data):
    fates = data.draw(st.lists(st.sampled_from(sorted(FATES)), min_size=1, max_size=6))
    rows = PEOPLE[: len(fates)]
    parts = data.draw(st.permutations([FATES[fate](one) for fate, one in zip(fates, rows, strict=True)]))
    accepted = fates.count("accepted")
    answer = summary(*parts, accepted=accepted, rejected=len(fates) - accepted)
    expected = {one.attendance_id: REASONS[fate] for fate, one in zip(fates, rows, strict=True)}
    assert outcomes(rows, answer) == expected


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(deadline=None)
def test_hostile_text_never_makes_a_row_accepted(noise):
    answer = etree.Element("Summary")
    for name in ("Accepted", "Error", "accepted_rows", "total_rows"):
        etree.SubElement(answer, name).text = noise.decode("ascii", "ignore").translate(
            dict.fromkeys(range(32))
        )
    assert outcomes([A], pe_answers.read(answer)) == {1: UNKNOWN}
