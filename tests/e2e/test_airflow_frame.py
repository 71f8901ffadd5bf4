"""The pages where people meet them: behind Airflow's login, in a frame of its pages, opened from its menu."""

import json

import pytest
from playwright.sync_api import expect

from tests.e2e.product import NIGHT
from tests.fixtures.chromium import PATIENCE, launched

pytestmark = pytest.mark.long

MENU = "Learning results"
PLUGIN = "plugin/learning-results/learning-results/pages"  # where Airflow shows a page in its frame
COUNTS_ONLY = ["tonight", "mapping", "competences"]  # the pages that name nobody
FORMS = "form[method=post], button[form], [formaction]"
DISMISSED = """
select dismissed_by, dismissed_because, dismissed_at is not null
from ops.rejections
where source = :source and reason_code = :reason_code
"""


@pytest.fixture(scope="module")
def chromium():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def contexts(chromium, product):
    """A function that gives the browser of somebody who has signed in on Airflow's own page."""
    passwords = json.loads((product.state / "airflow" / "passwords.json").read_text(encoding="utf-8"))
    contexts = {}

    def of(name):
        if name not in contexts:
            contexts[name] = context = chromium.new_context(locale="en-GB")
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            page.goto(f"{product.api.url}/auth/login?next=%2F")
            page.locator("input[name=username]").fill(name)
            page.locator("input[name=password]").fill(passwords[name])
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("link", name=MENU, exact=True).wait_for()
            page.close()
        return contexts[name]

    return of


@pytest.fixture
def airflow(contexts, product):
    """Opens a page of Airflow as somebody; fails afterwards where the browser complained of it or of its frame."""
    pages, complaints = [], []

    def airflow(address="", name="admin", width=1280):
        page = contexts(name).new_page()
        pages.append(page)
        page.set_viewport_size({"width": width, "height": 900})
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{product.api.url}/{address}")
        return page

    yield airflow
    for page in pages:
        page.close()
    assert complaints == []


def framed(page, heading):
    """The page in Airflow's frame, once it is the one with this heading."""
    frame = page.frame_locator("iframe")
    expect(frame.locator("h1")).to_contain_text(heading)
    return frame


def follow(frame, **link):
    frame.get_by_role("link", **link).first.click()


@pytest.mark.parametrize(
    ("width", "reason"),
    [
        (1280, {"source": "studio", "reason_code": "malformed_record"}),
        (400, {"source": "iep_lvs", "reason_code": "excluded_test"}),
    ],
)
def test_from_airflows_menu_a_link_in_the_frame_leads_to_a_form_and_what_is_saved_stands_in_the_warehouse(
    airflow, product, width, reason
):
    page = airflow(width=width)
    page.get_by_role("link", name=MENU, exact=True).click()
    frame = framed(page, "Tonight")
    follow(frame, name="Rejections", exact=True)
    framed(page, "Rejections")
    follow(frame, name=f"of {reason['source']}, {reason['reason_code']}")
    frame.get_by_label("Nothing is to be done about this row").fill("as agreed")
    frame.get_by_role("button", name="Dismiss it").click()
    expect(frame.get_by_role("status")).to_contain_text("1 row is dismissed")
    page.wait_for_url(f"**/{PLUGIN}/rejections?**")  # where the browser says one is, to come back to
    assert product.rows(DISMISSED, **reason) == [("admin", "as agreed", True)]


def test_a_file_is_downloaded_out_of_the_frame(airflow):
    page = airflow(f"{PLUGIN}/rejections")
    frame = framed(page, "Rejections")
    with page.expect_download() as downloaded:
        follow(frame, name="Export as CSV")
    assert downloaded.value.suggested_filename == "rejections.csv"
    assert downloaded.value.path().read_text(encoding="utf-8-sig").startswith("flow,source,scope")


def test_the_address_of_one_run_and_the_tab_on_its_dag_run_open_its_report(airflow, product):
    [(run_id, dag_run)] = product.rows(
        f"select run_id, airflow_run_id from mart.runs where flow = '{NIGHT}' order by started_at limit 1"
    )
    frame = framed(airflow(f"{PLUGIN}/run?run_id={run_id}"), NIGHT)
    expect(frame.locator("main")).to_contain_text(run_id)
    page = airflow(f"dags/{NIGHT}/runs/{dag_run}")
    page.get_by_role("link", name="Report", exact=True).click()
    expect(framed(page, NIGHT).locator("main")).to_contain_text(run_id)


def test_a_viewer_is_shown_counts_in_the_frame_and_no_form(airflow):
    page = airflow(name="viewer")
    page.get_by_role("link", name=MENU, exact=True).click()
    frame = framed(page, "Tonight")
    menu = frame.locator("nav.pages a")
    expect(menu.last).to_be_visible()
    shown = {one.get_attribute("href"): one.inner_text() for one in menu.all()}
    assert list(shown) == COUNTS_ONLY
    for heading in shown.values():
        follow(frame, name=heading, exact=True)
        framed(page, heading)
        assert frame.locator(FORMS).count() == 0, heading
