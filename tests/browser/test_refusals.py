"""What is refused in a browser: addresses of what is not there, forms that are too old, the second of two people."""

import pytest
from playwright.sync_api import expect

from etl import db
from etl.pages.app import PATH
from tests.browser.test_every_page import findings, narrow_and_dark, overflows

NOT_THERE = (
    "mapping?occurrence=NONE",
    "enrolments?occurrence=NONE",
    "results?since=yesterday",
    "results?state=blue",
    "run?run_id=none",
    "point?item_id=999999",
    "points?org_id=abc",
    "school?brin6=00AA00",
    "pupil?brin6=99QQ00&pupil_key=NONE",
    "competence-holders?competence=NONE",
    "accreditation?org_id=1&source=a&source_course_id=2&valid_from=2020-01-01",
    "profession-group?org_id=1",
    "integration?integration=none",
    "why?enrolment=NONE&unit=NONE",
    "why-competence?competence=NONE&client_code=NONE",
    "why-registration?request_code=NONE&part=NONE",
    "why-completion?completion_id=999999",
    "why-test-result?brin6=99QQ00&result_key=NONE",
    "erase?client_code=NONE",
    "erasing?request_id=999999",
    "erasure?erasure_id=999999",
    "nothing",
)


def test_an_address_of_what_is_not_there_says_so_below_the_menu(visit, served):
    page = visit("tonight", visitor="admin")
    for address in NOT_THERE:
        page.goto(f"{served}{PATH}/{address}")
        expect(page.get_by_role("heading", level=1)).to_have_text("This page cannot be shown")
        assert len(page.inner_text("main p")) > 10, address
    assert findings(page) == []
    narrow_and_dark(page)
    assert not overflows(page)


def test_a_form_that_is_too_old_changes_nothing_and_says_so_on_a_page(visit, held):
    page = visit("profession-group?org_id=62")
    page.get_by_label("Name").fill("Too old")
    page.context.clear_cookies(name="learning_results_form")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Nothing was changed")
    expect(page.locator("main")).to_contain_text("Open the page again")
    assert findings(page) == []
    assert held("select name from core.profession_groups where org_id = 62") == ["NRO"]


@pytest.fixture
def unreachable(filled, shown):
    """Pages of a warehouse that does not answer."""
    shown.engine = db.engine("postgresql://nobody@127.0.0.1:1/none")
    yield
    shown.engine.dispose()
    shown.engine = filled


def test_a_warehouse_that_does_not_answer_is_said_on_the_page(visit, unreachable):
    page = visit("tonight")
    expect(page.get_by_role("heading", level=1)).to_have_text("This page cannot be shown")
    expect(page.locator("main")).to_contain_text("warehouse")
    assert findings(page) == []


def test_of_two_who_enter_a_relation_number_the_second_is_told(visit, held):
    number = "select value from core.client_numbers where client_code = 'CL00015' and scheme = 'pe:19'"
    address = "relation-numbers?org_id=19&client_code=CL00015"
    pages = visit(address), visit(address, visitor="admin")
    for page, digits in zip(pages, ("19000000015", "19000000099"), strict=True):
        page.get_by_label("Relation number of CL00015").fill(digits)
        page.get_by_role("button", name="Enter the number of CL00015").click()
        page.locator("[role=status], [role=alert]").wait_for()
        assert held(number) == ["19000000015"]
    expect(pages[1].get_by_role("alert")).to_contain_text("Not done")


# Each form of a row that has an address of its own: the field, what each of two types, and the row that stands.
ROW_FORMS = [
    (
        "integration?integration=studio",
        "Passed from",
        ("6", "7"),
        "select cast(pass_mark as text) from core.integrations where integration = 'studio' and closed_at is null",
    ),
    (
        "accreditation?org_id=52&source=moodle_main&source_course_id=2&valid_from=2026-09-01",
        "Own code of the module there",
        ("M-FIRST", "M-SECOND"),
        "select external_module_code from core.accreditations"
        " where org_id = 52 and source_course_id = '2' and valid_from = '2026-09-01' and closed_at is null",
    ),
]


@pytest.mark.parametrize(("address", "label", "typed", "stands"), ROW_FORMS)
def test_of_two_who_change_or_remove_a_row_the_second_is_told_and_loses_nothing_typed(
    visit, held, address, label, typed, stands
):
    pages = visit(address), visit(address, visitor="admin"), visit(address, visitor="admin")
    for page, said in zip(pages, typed, strict=False):
        page.get_by_label(label).fill(said)
        page.get_by_role("button", name="Save").click()
        page.locator("[role=status], [role=alert]").wait_for()
        assert held(stands) == [typed[0]]
    expect(pages[1].get_by_role("alert")).to_contain_text(f"“{label}” {typed[0]}")
    expect(pages[1].get_by_label(label)).to_have_value(typed[1])
    pages[2].get_by_text("Entered by mistake").click()
    pages[2].get_by_role("button", name="Remove it").click()
    expect(pages[2].get_by_role("alert")).to_contain_text("Nothing was changed")
    assert held(stands) == [typed[0]]


def test_of_two_who_pause_an_account_the_second_is_told_who_did(visit, held):
    pages = visit("points"), visit("points", visitor="admin")
    for page in pages:
        page.get_by_label("Why", exact=True).first.fill("to look")
        page.get_by_role("button", name="Pause pe_online").click()
        page.locator("[role=status], [role=alert]").wait_for()
    expect(pages[1].get_by_role("alert")).to_contain_text("op")
    assert held("select paused_by from ops.account_pauses where resumed_at is null") == ["op"]
    pages[0].get_by_role("button", name="Let pe_online go on").click()
    expect(pages[0].get_by_role("status")).to_contain_text("The account goes on")


def test_of_two_who_revoke_or_link_the_second_is_told(visit, held):
    held_by = "select count(*) from mart.competences_held where competence_code = 'INFOSEC'"
    [before] = held(held_by)
    address = "competence-holders?competence=INFOSEC"
    pages = visit(address), visit(address, visitor="admin")
    for page in pages:
        page.get_by_label("Why it is revoked").fill("left")
        page.locator("#people + table button").first.click()
        page.locator("[role=status], [role=alert]").wait_for()
        assert held(held_by) == [before - 1]
    expect(pages[1].get_by_role("alert")).to_contain_text("Not done")
    pages = visit("competences?search=CHC33021"), visit("competences?search=CHC33021", visitor="admin")
    for page in pages:
        page.locator("select[name=competence]").select_option("TRUCK")
        page.get_by_role("button", name="Link CHC33021").click()
        page.locator("[role=status], [role=alert]").wait_for()
    expect(pages[1].get_by_role("alert")).to_contain_text("Not done")
    links = "select count(*) from core.competence_links where competence_code = 'TRUCK' and source_course_id = '4'"
    assert held(links) == [1]


def test_what_removing_a_link_would_change_is_told_and_the_second_who_removes_it_is_told(visit, held):
    there = "select count(*) from core.competence_links where competence_code = 'FIRE-BASIC' and closed_at is null"
    pages = visit("competences?search=FIRE-BASIC"), visit("competences?search=FIRE-BASIC", visitor="admin")
    pages[0].get_by_role("button", name="What removing the link of 101").click()
    expect(pages[0].get_by_role("status")).to_contain_text("gives FIRE-BASIC no more")
    assert held(there) == [1]
    for page in pages:
        page.get_by_label("Why the link of 101").fill("another one gives it")
        page.get_by_role("button", name="Remove the link of 101").click()
        page.locator("[role=status], [role=alert]").wait_for()
        assert held(there) == [0]
    expect(pages[1].get_by_role("alert")).to_contain_text("Not done")


def test_of_two_who_activate_a_school_the_second_is_told_and_a_code_of_another_is_refused(visit, held):
    status = "select status from mart.school_links where brin6 = '22BB00'"
    pages = visit("schools"), visit("schools", visitor="admin")
    for page in pages:
        page.get_by_label("Verificatiecode").fill("22BB00-a-code-of-this-test")
        page.get_by_label("Mandated person").fill("The head")
        page.get_by_label("The terms of use are accepted").check()
        page.get_by_role("button", name="Activate").click()
        page.locator("[role=status], [role=alert]").wait_for()
        assert held(status) == ["active"]
    expect(pages[1].get_by_role("alert")).to_contain_text("Nothing was changed")
    pages[0].get_by_role("button", name="Pause").click()
    expect(pages[0].get_by_role("heading", level=1)).to_contain_text("paused")
    pages[0].get_by_label("Verificatiecode").fill("33CC00-a-code-of-another-school")
    pages[0].get_by_role("button", name="Resume").click()
    expect(pages[0].get_by_role("alert")).to_contain_text("is not of this school")
    assert held(status) == ["paused"]


def test_an_enrolment_that_is_blocked_is_not_transferred_and_the_page_says_why(visit, held):
    page = visit("enrolments?occurrence=OCC-1001&state=blocked")
    page.get_by_label("Select E-").first.check()
    page.get_by_role("button", name="Transfer the selected").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    assert held("select count(*) from mart.moodle_enrolments where on_its_way") == [0]


def test_a_start_after_the_finish_is_refused_and_nothing_is_adjusted(visit, held, known):
    page = visit(f"results?adjust={known['waits']}")
    page.get_by_label("Start", exact=True).fill("2026-09-20")
    page.get_by_label("Finish", exact=True).fill("2026-09-10")
    page.get_by_role("button", name="Keep").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    assert held("select count(*) from core.proposed_results where decided_at is not null") == [0]


def test_a_file_that_is_no_set_is_refused_with_why(visit, held):
    before = held("select count(*) from ops.audit")
    page = visit("reference-data")
    no_set = {"name": "holiday.csv", "mimeType": "text/csv", "buffer": b"sea,sand\n1,2\n"}
    page.get_by_label("A zip of the set").set_input_files(no_set)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    assert held("select count(*) from ops.audit") == before
