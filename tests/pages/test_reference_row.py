"""A row of any reference file is opened by its key, changed, entered and removed, as an import of the file would."""

import re

import pytest

from etl.pages.host import Right
from etl.pages.reference_row import place_of
from etl.reference.entering import file_named
from etl.reference.spec import FILES
from tests.fixtures.warehouse import SAMPLE
from tests.pages.reading import form, links, words

HERE = [file for file in FILES if place_of(file).startswith("reference-row")]
ELSEWHERE = [file for file in FILES if file not in HERE]
PLAN = {"enrolment_code": "E-1001-002", "unit_code": "BSBWHS211"}
AUDITED = "select who, through, before ->> 'status', after ->> 'status' from ops.audit where through = 'page'"


@pytest.fixture
def template(sample_template):
    return sample_template


@pytest.fixture
def query(engine):
    """A function that reads rows of the warehouse."""

    def query(statement):
        with engine.connect() as session:
            return [tuple(row) for row in session.exec_driver_sql(statement)]

    return query


def opened(browser, file, **asked):
    return browser.get("/reference-row", params={"file": file, **asked})


def filled(page):
    """What a browser would send of the form as it is shown."""
    inputs = re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', page.text)
    selects = re.findall(r'<select[^>]* name="(\w+)"[^>]*>(.*?)</select>', page.text, re.DOTALL)
    chosen = {name: re.findall(r'value="([^"]*)" selected', options) for name, options in selects}
    return form(page) | dict(inputs) | {name: (one or [""])[0] for name, one in chosen.items()}


def send(browser, page, do, **said):
    return browser.post("/reference-row", data=filled(page) | said | {"do": do}, follow_redirects=False)


@pytest.mark.parametrize(
    "file", [one for one in HERE if (SAMPLE / one.filename).exists()], ids=lambda file: file.name
)
def test_a_row_that_stands_is_shown_as_it_is_and_saving_it_so_changes_nothing(op, query, file):
    columns = ", ".join(f"cast({name} as text)" for name in file.column_names)
    [found] = query(f"select {columns} from {file.table} where closed_at is null order by 1 limit 1")
    row = dict(zip(file.column_names, found, strict=True))
    page = opened(op, file.name, **{name: row[name] for name in file.key})
    assert {name: filled(page)[name] for name in row} == {name: said or "" for name, said in row.items()}
    assert send(op, page, "save").status_code == 303
    assert query("select * from ops.audit where through = 'page'") == []


@pytest.mark.parametrize("file", ELSEWHERE, ids=lambda file: file.name)
def test_rows_that_have_a_page_of_their_own_are_entered_there_only(op, file):
    answer = opened(op, file.name)
    assert answer.status_code == 404
    assert place_of(file) in words(answer)
    assert place_of(file) in links(op.get("/reference-data"))
    assert op.get(f"/{place_of(file)}").status_code == 200


def test_a_change_is_kept_with_who_made_it_and_the_list_says_so(op, query):
    page = opened(op, "enrolments", enrolment_code="E-1001-002")
    answer = send(op, page, "save", status="withdrawn")
    assert "The row is saved" in words(op.get(f"/{answer.headers['location']}"))
    assert query(AUDITED) == [("somebody", "page", "active", "withdrawn")]


def test_a_key_is_asked_for_and_keeps_what_the_address_said_besides(op):
    page = opened(op, "client_numbers", scheme="moodle:moodle_main", value="44")
    assert "Which row?" in words(page)
    assert re.search(r'name="client_code"[^>]* autofocus', page.text)
    assert filled(page)["scheme"] == "moodle:moodle_main"
    page = opened(op, "client_numbers", client_code="CL00040", scheme="moodle:moodle_main", value="44")
    assert "No such row stands: saving enters it" in words(page)
    assert filled(page)["value"] == "44"


def test_a_row_that_is_missing_is_entered_and_removed(op, query):
    there = "select count(*) from core.enrolment_units where enrolment_code = 'E-1001-002' and unit_code = 'TASK-{}'"
    query_there = there.format("NEW") + " and closed_at is null"
    page = opened(op, "units", unit_code="TASK-NEW")
    send(op, page, "save", kind="task", name="A new one")
    page = opened(op, "enrolment_units", enrolment_code="E-1001-002", unit_code="TASK-NEW")
    assert send(op, page, "save").status_code == 303
    assert query(query_there) == [(1,)]
    page = opened(op, "enrolment_units", enrolment_code="E-1001-002", unit_code="TASK-NEW")
    assert send(op, page, "remove").status_code == 303
    assert query(query_there) == [(0,)]


def test_what_may_be_empty_can_be_emptied(op, query):
    for said in ("true", ""):
        page = opened(op, "occurrences", occurrence_code="OCC-1001")
        assert send(op, page, "save", follow=said).status_code == 303
    assert query("select follow from core.occurrences where occurrence_code = 'OCC-1001'") == [(None,)]


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_entered(op, query):
    page = opened(op, "enrolment_units", **PLAN)
    before = query("select * from core.enrolment_units order by 1, 2")
    answer = send(op, page, "save", expected_start_date="14-09-2026")
    assert answer.status_code == 409
    assert "must be a date, YYYY-MM-DD" in words(answer)
    assert re.search(r'name="expected_start_date"[^>]*aria-invalid="true"[^>]* autofocus', answer.text)
    assert query("select * from core.enrolment_units order by 1, 2") == before


def test_the_second_of_two_people_sees_what_the_first_saved(op, query):
    first, second = (opened(op, "enrolments", enrolment_code="E-1001-002") for _ in range(2))
    send(op, first, "save", status="withdrawn")
    for do in ("save", "remove", "try"):
        answer = send(op, second, do, status="completed")
        assert answer.status_code == 409
        assert "“Status” withdrawn" in words(answer)
        assert "reference-row?file=enrolments&enrolment_code=E-1001-002" in links(answer)
        assert 'value="completed" selected' in answer.text
    assert query("select status from core.enrolments where enrolment_code = 'E-1001-002'") == [("withdrawn",)]


def test_that_a_row_which_a_system_states_is_taken_over_is_said_before_and_done_by_saving_alone(
    op, engine, held
):
    origin = "select system from ops.reference_origins where file = 'enrolments'"
    with engine.begin() as session:
        session.exec_driver_sql(
            """insert into ops.reference_origins values ('enrolments', '["E-1001-002"]', 'coachview')"""
        )
    page = opened(op, "enrolments", enrolment_code="E-1001-002")
    warning = "changes 1 row that a system states: it stands as it is here, whatever it says later"
    assert "a system states" not in words(send(op, page, "try"))
    assert f"Is it meant? {warning}" in words(send(op, page, "try", status="withdrawn"))
    assert held(origin) == [("coachview",)]
    send(op, page, "save", status="withdrawn")
    assert held(origin) == []


def test_who_may_only_look_sees_the_row_and_can_change_nothing(browse, op):
    reader = browse(Right.SEE, Right.PERSONS)
    page = opened(reader, "enrolments", enrolment_code="E-1001-002")
    assert 'value="active" selected' in page.text
    assert 'method="post"' not in page.text
    sent = filled(opened(op, "enrolments", enrolment_code="E-1001-002")) | {"do": "save"}
    reader.cookies.update(op.cookies)
    assert reader.post("/reference-row", data=sent).status_code == 403
    assert opened(browse(Right.SEE), "enrolments").status_code == 403


@pytest.mark.parametrize("code", ["\0", "x" * 3_000, "'; drop table core.clients; --", " CL00001 ", "é"])
def test_a_key_that_nothing_can_have_begins_a_row_that_is_not_taken(op, code):
    page = opened(op, "clients", client_code=code)
    assert page.status_code == 200
    assert file_named("clients").filename in words(page)
