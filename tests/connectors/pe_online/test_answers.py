"""Whatever order and wording an answer has, each row gets its own outcome or is unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from etl.connectors.pe_online import answers
from etl.connectors.pe_online.payload import Attendance
from tests.fixtures.properties import examples

END = "2026-09-25T17:13:20+02:00"


def row(number, person, course="301245", end=END, kind=2, **more):
    return Attendance(number, kind, person, end, pe_course_id=course, **more)


def summary(*parts, accepted=0, rejected=0, total=None):
    counts = (
        f"<rejected_rows>{rejected}</rejected_rows><accepted_rows>{accepted}</accepted_rows>"
        f"<total_rows>{accepted + rejected if total is None else total}</total_rows>"
    )
    return answers.read(etree.fromstring(f"<Summary><Results>{counts}</Results>{''.join(parts)}</Summary>"))


def ok(person, course="301245", date="25-09-2026"):
    return f"<Accepted><person>{person}</person><course>{course}</course><date>{date}</date></Accepted>"


def error(text, number="100"):
    return f"<Error><errorNR>{number}</errorNR><errorMsg>{text}</errorMsg></Error>"


def outcomes(rows, answer):
    return {key: (one.status, one.reason) for key, one in answers.match(rows, answer).items()}


ACCEPTED, UNKNOWN = ("accepted", None), ("unknown", "outcome_unknown")
A, B, C = row(1, "052001"), row(2, "052002"), row(3, "052003")


def test_accepted_rows_are_found_by_person_in_any_order():
    answer = summary(ok("052003"), ok("052001"), ok("052002"), accepted=3)
    assert outcomes([A, B, C], answer) == {1: ACCEPTED, 2: ACCEPTED, 3: ACCEPTED}


def test_an_error_is_found_by_the_person_in_its_text_whatever_its_line_number_says():
    answer = summary(
        ok("052003"),
        ok("052001"),
        error("Professional 052002 op regel 7 bestaat niet in PE"),
        accepted=2,
        rejected=1,
    )
    assert outcomes([A, B, C], answer) == {1: ACCEPTED, 2: ("rejected", "person_unknown"), 3: ACCEPTED}


def test_equal_errors_that_name_only_the_course_belong_to_the_rows_that_are_left():
    text = "Cursus 301245 Module op regel {} niet opgegeven"
    answer = summary(ok("052002"), error(text.format(2)), error(text.format(4)), accepted=1, rejected=2)
    missing = ("rejected", "module_missing")
    assert outcomes([A, B, C], answer) == {1: missing, 2: ACCEPTED, 3: missing}


def test_different_errors_that_name_no_person_reject_the_rows_that_are_left_and_say_which_errors_they_are():
    texts = (
        "Cursus 301245 Module op regel 2 niet opgegeven",
        "Cursus 301245 op regel 3 is niet uniek binnen PE",
    )
    answer = summary(ok("052002"), *(error(text) for text in texts), accepted=1, rejected=2)
    found = answers.match([A, B, C], answer)
    assert {key: (one.status, one.unclear) for key, one in found.items()} == {
        1: ("rejected", True),
        2: ("accepted", False),
        3: ("rejected", True),
    }
    assert "Module op regel niet opgegeven | Cursus 301245 op regel is niet uniek" in found[1].explanation
    assert found[1].retry


def test_only_what_may_have_been_accepted_is_open():
    answer = summary(
        ok("999999"),
        error("Professional 052002 op regel 3 bestaat niet in PE"),
        error("Cursus 301245 Module op regel 2 niet opgegeven"),
        accepted=1,
        rejected=2,
    )
    assert outcomes([A, B, C], answer) == {1: UNKNOWN, 2: ("rejected", "person_unknown"), 3: UNKNOWN}


def test_a_row_that_is_rejected_without_an_error_is_rejected():
    answer = summary(ok("052002"), accepted=1, rejected=1)
    assert outcomes([A, B], answer) == {1: ("rejected", "not_classified"), 2: ACCEPTED}


def test_the_day_in_a_text_tells_rows_of_one_course_apart():
    later = row(2, "052002", end="2026-09-26T10:00:00+02:00")
    texts = (
        "Cursus 301245 op regel 3 is niet (juist) geaccrediteerd; De datum 26-09-2026 valt buiten alle accr. periodes",
        "Cursus 301245 Module op regel 2 niet opgegeven, datum 25-09-2026",
    )
    answer = summary(*(error(text) for text in texts), rejected=2)
    assert outcomes([A, later], answer) == {
        1: ("rejected", "module_missing"),
        2: ("rejected", "date_outside_period"),
    }


def test_a_person_whose_number_is_also_a_course_number_is_not_blamed_for_the_course():
    confusing = row(2, "301245", course="999")
    answer = summary(
        ok("301245", "999"), error("Cursus 301245 Module op regel 2 niet opgegeven"), accepted=1, rejected=1
    )
    assert outcomes([A, confusing], answer) == {1: ("rejected", "module_missing"), 2: ACCEPTED}
    both = summary(
        error("Cursus 301245 Module op regel 2 niet opgegeven"),
        error("Professional 301245 op regel 2 bestaat niet in PE"),
        rejected=2,
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
    answer = summary(
        ok("052001"), error("Cursus 301245 Module op regel 2 niet opgegeven"), accepted=1, rejected=1
    )
    assert outcomes([A, twin], answer) == {1: UNKNOWN, 2: UNKNOWN}


def test_elements_are_found_by_local_name_in_any_namespace():
    text = (
        '<p:Summary xmlns:p="urn:other"><p:Results><p:rejected_rows>0</p:rejected_rows><p:accepted_rows>1'
        "</p:accepted_rows><p:total_rows>1</p:total_rows></p:Results><!-- x --><p:Accepted><p:edition/>"
        "<p:date>25-09-2026</p:date><p:person>052001</p:person><p:course>301245</p:course></p:Accepted></p:Summary>"
    )
    assert outcomes([A], answers.read(etree.fromstring(text))) == {1: ACCEPTED}


def test_of_several_errors_about_one_row_the_one_that_asks_for_a_person_counts():
    texts = (
        "Professional 052001 op regel 2 bestaat niet in PE",
        "Professional 052001 Module op regel 3 niet opgegeven",
    )
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
    outcome = answers.match([A], answer)[1]
    assert (outcome.status, outcome.reason, outcome.retry) == ("rejected", "not_classified", True)
    assert outcome.explanation.endswith("PE-Online: Iets nieuws over ***, zie 1-1-2027")


def test_a_row_that_was_registered_already_counts_as_accepted():
    answer = summary(error("Professional 052001 op regel 2 is reeds geregistreerd"), rejected=1)
    assert outcomes([A], answer) == {1: ("accepted", "already_registered")}


@pytest.mark.parametrize(
    "text",
    [
        "Professional {} op regel 3 bestaat niet in PE",
        "Iets nieuws over {}, nog eens {}",
        "ERROR1050 Professional {} bestaat niet",
    ],
)
@pytest.mark.parametrize("number", ["052001", "52001", "062009"])
def test_no_number_of_a_person_is_shown_in_whatever_spelling(text, number):
    outcome = answers.match([A], summary(error(text.format(number, number)), rejected=1))[1]
    assert number not in outcome.explanation
    assert text.split("{}")[0] in outcome.explanation


def test_a_code_of_the_provider_is_not_read_as_a_fault_of_its_own():
    one = Attendance(1, 2, "052001", END, external_course_code="Module 3 Basis")
    text = "Cursus Module 3 Basis op regel 2 bestaat niet in PE"
    assert outcomes([one], summary(error(text), rejected=1)) == {1: ("rejected", "course_unknown")}


PEOPLE = [row(number, f"{52000 + number:06d}") for number in range(1, 7)]
FATES = {
    "accepted": lambda one: ok(one.relation_number),
    "unknown person": lambda one: error(f"Professional {one.relation_number} op regel 2 bestaat niet in PE"),
    "no module": lambda _: error("Cursus 301245 Module op regel 2 niet opgegeven"),
}
REASONS = {
    "accepted": ACCEPTED,
    "unknown person": ("rejected", "person_unknown"),
    "no module": ("rejected", "module_missing"),
}


@given(st.data())
@examples(100)
def test_the_order_of_an_answer_never_matters(data):
    fates = data.draw(st.lists(st.sampled_from(sorted(FATES)), min_size=1, max_size=6))
    rows = PEOPLE[: len(fates)]
    parts = data.draw(st.permutations([FATES[fate](one) for fate, one in zip(fates, rows, strict=True)]))
    accepted = fates.count("accepted")
    answer = summary(*parts, accepted=accepted, rejected=len(fates) - accepted)
    expected = {one.item_id: REASONS[fate] for fate, one in zip(fates, rows, strict=True)}
    assert outcomes(rows, answer) == expected


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@examples(100)
def test_hostile_text_never_makes_a_row_accepted(noise):
    answer = etree.Element("Summary")
    for name in ("Accepted", "Error", "accepted_rows", "total_rows"):
        etree.SubElement(answer, name).text = noise.decode("ascii", "ignore").translate(
            dict.fromkeys(range(32))
        )
    assert outcomes([A], answers.read(answer)) == {1: UNKNOWN}
