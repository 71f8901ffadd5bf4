"""Every reason is mended on a page of ours, whose address answers at the field, or outside of here."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from etl.connectors.registry import CONNECTORS
from etl.pages import mending
from etl.pages.app import application
from etl.pages.host import PagesHost, Right
from etl.pages.mending import PLACES, facts_of, mended
from etl.pages.results import Filter
from etl.reference.spec import FILES
from etl.transform.reasons import REASONS
from tests.pages.reading import links

# Mended in the source or at the target, by whoever runs it, or by time; each sentence says by whom.
OUTSIDE = {
    *(
        "completion_not_current",
        "completion_moved",
        "pass_grade_not_current",
        "grade_pending",
        "unusable_answer",
    ),
    *("not_answered", "later_attempt", "request_finished", "no_longer_wished", "course_not_following"),
    *("no_longer_passed", "already_registered", "user_not_read", "mark_not_read", "outcome_unknown"),
    *("activity_not_readable", "grade_hidden", "grade_out_of_range", "needs_graded_date", "identity_hidden"),
    *("no_learners", "access_denied", "not_enrolled", "no_completion_criteria", "needs_completion_time"),
    *("completed_in_future", "status_unknown", "malformed_record", "idnumber_hidden", "report_empty"),
    *(
        "participants_not_shown",
        "learner_not_in_report",
        "completion_not_shown",
        "learner_gone",
        "source_error",
    ),
    *("account_protected", "account_not_confirmed", "refused_by_moodle", "no_manual_enrolment"),
    *("account_is_staff", "service_is_administrator", "enrolment_not_ours", "import_incomplete"),
    *("no_value", "file_set_aside", "file_waits", "file_not_read"),
    *("message_not_usable", "row_not_taken", "environment_unknown"),
    *("user_gone", "number_missing", "mark_missing", "mandate_missing", "date_fault"),
}
FACTS = {
    "source": "moodle_main",
    "course": "2",
    "occurrence": "OCC-1001",
    "unit": "BSBWHS211",
    "activity": "4",
    "client": "CL00001",
    "org_id": "19",
    "competence": "CPR",
    "enrolment": "E-0001",
    "scheme": "moodle:moodle_main",
    "request_code": "R-1",
    "part_code": "P-1",
    "training_code": "T-1",
}


@pytest.fixture
def template(sample_template):
    return sample_template


def test_every_reason_has_a_place_or_is_mended_outside():
    codes = {*REASONS, *(code for one in CONNECTORS for code in one.reasons)}
    assert codes - {*PLACES} == OUTSIDE
    assert {*PLACES} <= codes
    assert {code for _, code in mending.BY_SYSTEM} <= codes


def understood(engine):
    """The parameters of each page."""
    found = application(PagesHost(lambda: None, lambda: engine, "of these tests")).openapi()["paths"]
    known = {
        path: {one["name"] for one in asked.get("get", {}).get("parameters", ())}
        for path, asked in found.items()
    }
    rows = {"file", *(name for file in FILES for name in file.column_names)}
    forms = {"/integration": {"integration"}, "/reference-row": rows}
    return known | {"/results": {*Filter.__dataclass_fields__}} | forms


@pytest.mark.long
def test_every_place_answers_with_its_filter_set_at_the_field(op, engine):
    pages = understood(engine)
    for place in {*PLACES.values(), *mending.BY_SYSTEM.values()}:
        for facts in (FACTS, {}):
            address = urlsplit(place.address(facts))
            asked = dict(parse_qsl(address.query))
            assert {*asked} <= pages[f"/{address.path}"]
            answer = op.get(f"/{address.path}", params=asked)
            assert answer.status_code == 200, (address, answer.text)
            if facts and not address.fragment.startswith(
                ("number", "activities")
            ):  # where no night was, no rows are
                assert (
                    not address.fragment
                    or f'id="{address.fragment}"' in answer.text
                    or "Which row?" in answer.text
                ), address


def test_a_visitor_is_led_to_no_page_that_is_not_theirs():
    assert mended("no_relation_number", "pe_online", FACTS, {Right.SEE}) is None
    assert mended("activity_not_mapped", "moodle", FACTS, {Right.SEE}).address == (
        "mapping?occurrence=OCC-1001&unit=BSBWHS211&source=moodle_main&course=2#activities-4"
    )


@pytest.mark.parametrize(
    ("row", "address"),
    [
        (
            ("moodle_main", "2", "unit_result", "OCC-1001/8/BSBTEC201", "needs_start_date"),
            "reference-row?file=enrolment_units&unit_code=BSBTEC201#f-expected_start_date",
        ),
        (
            ("moodle_main", "2", "activity_link", "OCC-1/U/9", "activity_missing"),
            "mapping?occurrence=OCC-1&unit=U&source=moodle_main&course=2#activities-9",
        ),
        (
            ("moodle_main", "2", "activity", "2/9", "activity_not_mapped"),
            "mapping?source=moodle_main&course=2#activities-9",
        ),
        (
            ("moodle_main", "moodle_main", "course", "OCC-9", "short_name_taken"),
            "mapping?occurrence=OCC-9&source=moodle_main#course",
        ),
        (
            ("moodle_main", "", "occurrence", "OCC-9", "course_not_linked"),
            "mapping?occurrence=OCC-9&source=moodle_main#course",
        ),
        (
            ("pe_online", "52", "pe_attendance", "CL5/moodle_main/2/301245/2026-09-25", "no_relation_number"),
            "relation-numbers?org_id=52&client_code=CL5#number-CL5-52",
        ),
        (
            ("pe_online", "52", "pe_attendance", "CL5/moodle_main/2/301245/2026-09-25", "course_unknown"),
            "accreditations?org_id=52&course=2",
        ),
        (("infocaption_main", "", "course", "104", "course_not_published"), "competences?search=104#links"),
        (
            ("infocaption_main", "CPR", "competence", "CL5/infocaption_main/104", "competence_revoked"),
            "competence-holders?state=revoked&competence=CPR#people",
        ),
        (("studio", "", "completion", "12/P9", "integration_paused"), "integration?integration=studio"),
        (
            ("studio", "", "completion", "12/P/9", "course_not_in_training"),
            "reference-row?file=training_parts&integration=studio&course_id=12#f-course_id",
        ),
        (
            ("coachview", "training_parts", "training_parts", "P-9", "entered_by_hand"),
            "reference-row?file=training_parts&part_code=P-9",
        ),
        (
            ("moodle_main", "2", "course_completion", "2/9", "course_link_lost"),
            "mapping?source=moodle_main&course=2#course",
        ),
    ],
)  # fmt: skip
def test_a_rejected_row_leads_to_its_own_field(engine, row, address):
    source, scope, resource, key, code = row
    facts = told(engine, source, scope, resource, key)
    assert mended(code, source, facts, frozenset(Right)).address == address


SLASHED = (
    "insert into core.occurrences (occurrence_code, name, status) values ('A', '', 'active'), ('A/7', '', 'active')",
    "insert into core.units (unit_code, kind, name) values ('8/U', 'unit', ''), ('U/1', 'unit', ''), ('U', 'unit', '')",
    "insert into core.clients (client_code) values ('C/1')",
    "insert into core.sources (source, system, connection_id, timezone) values ('m', 'moodle', 'm', 'UTC')",
)


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (("m", "2", "unit_result", "A/7/9/U/1"), {"occurrence": "A/7", "user": "9", "unit": "U/1"}),
        (("m", "2", "unit_result", "A/7/8/U"), None),  # unit 8/U of user 7 in A, or U of user 8 in A/7
        (("m", "2", "unit_result", "A/9/8/U"), {"occurrence": "A", "user": "9", "unit": "8/U"}),
        (("m", "2", "activity_link", "A/7/U/4"), {"occurrence": "A/7", "unit": "U", "activity": "4"}),
        (("m", "2", "activity_link", "A/U/1/4"), {"occurrence": "A", "unit": "U/1", "activity": "4"}),
        (("m", "2", "activity_link", "A/V/1/4"), None),  # of a unit that there is not
        (("m", "2", "enrolment", "A/7/9"), {"occurrence": "A/7", "user": "9"}),
        (("m", "K", "competence", "C/1/m/2"), {"client": "C/1", "source": "m", "course": "2"}),
        (("m", "2", "unit_result", "/".join("A7" * 200)), None),
    ],
)
def test_a_key_of_codes_with_slashes_is_read_as_the_codes_that_there_are_and_never_guessed(
    engine, row, found
):
    with engine.begin() as session:
        for statement in SLASHED:
            session.exec_driver_sql(statement)
    facts = told(engine, *row)
    scope = {"competence": row[1]} if row[2] == "competence" else {"course": row[1]}
    assert facts == {"source": "m", **scope, **(found or {})}


def test_the_points_of_a_module_are_told_by_client_and_course(engine):
    with engine.begin() as session:
        for statement in SLASHED:
            session.exec_driver_sql(statement)
    facts = told(engine, "pe_online", "52", "pe_attendance", "C/1/m/2/301245/7/2026-09-25")
    assert (facts["client"], facts["course"], facts["org_id"]) == ("C/1", "2", "52")


def told(engine, source, scope, resource, key, **more):
    row = {"source": source, "scope": scope, "resource": resource, "record_key": key, **more}
    with engine.connect() as session:
        [facts] = facts_of([row], session)
    return facts


def test_of_an_enrolment_that_is_sent_the_row_tells_whose_and_where(engine):
    facts = told(engine, "m", "m", "enrolment", "E/1/2", occurrence_code="OCC-1", client_code="CL1")
    assert facts == {"source": "m", "occurrence": "OCC-1", "client": "CL1", "enrolment": "E/1/2"}


# Somebody in the occurrence, met in the course by the account of 8; E-2 is another one of theirs, elsewhere.
MET = (
    "insert into core.occurrences (occurrence_code, name, status)"
    " values ('OCC-1', '', 'active'), ('OCC-2', '', 'active')",
    "insert into core.clients (client_code) values ('CL1')",
    "insert into core.enrolments (enrolment_code, client_code, occurrence_code, status) values"
    " ('E-1', 'CL1', 'OCC-1', 'active'), ('E-2', 'CL1', 'OCC-2', 'active')",
    "insert into ops.derived_learners (source, scope, user_id, listed, reported, client_code, shown, unmapped)"
    " values ('m', '2', 8, true, true, 'CL1', 0, '{}')",
    "insert into ops.runs (run_id, flow, status) values ('r', 'moodle_results', 'success')",
)
LISTED = (
    "insert into ops.rejections (flow, source, scope, resource, record_key, reason_code, reason, run_id, learner)"
    " values ('moodle_results', '{}', '{}', '{}', '{}', '{}', 'Why.', 'r', {})"
)
TWICE = (
    "insert into core.enrolments (enrolment_code, client_code, occurrence_code, status) values"
    " ('E-3', 'CL1', 'OCC-1', 'withdrawn')"
)
PLAN = "reference-row?file=enrolment_units&{}unit_code=U#f-expected_start_date"


@pytest.mark.parametrize(
    ("row", "more", "address"),
    [
        (("m", "2", "unit_result", "OCC-1/8/U", "needs_start_date", "'8'"), (), PLAN.format("enrolment_code=E-1&")),
        (("m", "2", "unit_result", "OCC-1/9/U", "needs_start_date", "'9'"), (), PLAN.format("")),
        (("m", "2", "unit_result", "OCC-1/8/U", "needs_start_date", "'8'"), (TWICE,), PLAN.format("")),
        (
            ("m", "2", "enrolment", "OCC-1/8", "enrolment_not_active", "'8'"),
            (),
            "reference-row?file=enrolments&enrolment_code=E-1&client_code=CL1&occurrence_code=OCC-1#f-status",
        ),
        (
            ("m", "2", "learner", "2/44", "unmatched_learner", "'44'"),
            (),
            "reference-row?file=client_numbers&scheme=moodle%3Am&value=44#f-value",
        ),
        (
            ("m", "m", "account", "CL1", "client_archived", "null"),
            (),
            "reference-row?file=clients&client_code=CL1#f-archived",
        ),
        (
            ("m", "m", "enrolment", "E-2", "client_incomplete", "null"),
            (),
            "reference-row?file=clients&client_code=CL1#f-given_name",
        ),
        (
            ("studio", "", "completion", "12/P9", "person_unknown", "null"),
            (),
            "reference-row?file=training_requests&external_id=P9#f-person_id",
        ),
    ],
)  # fmt: skip
def test_what_is_listed_leads_to_the_row_of_the_file_and_the_column(op, engine, row, more, address):
    with engine.begin() as session:
        for statement in (*SLASHED[-1:], *MET, *more, LISTED.format(*row)):
            session.exec_driver_sql(statement)
        session.exec_driver_sql(
            "update core.integrations set person_scheme = 'external' where integration = 'studio'"
        )
    page = op.get("/rejections", params={"source": row[0], "reason_code": row[4]})
    assert address in links(page)
    path, _, anchor = address.partition("#")
    form = op.get(f"/{path}")
    assert form.status_code == 200
    assert f'id="{anchor}"' in form.text or "Which row?" in form.text
