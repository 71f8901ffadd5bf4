"""The pages behind the login that Airflow's makers recommend, FAB's, and below a path, as docs/installation.md says."""

import re
import shlex
import socket
import tempfile
from pathlib import Path

import pytest
import requests
from playwright.sync_api import expect

from etl.db import embedded
from etl.pages.app import PATH, application
from etl.pages.host import PagesHost
from tests.e2e.installation import PAGE, install, wait_for
from tests.fixtures.chromium import PATIENCE, launched
from tests.fixtures.page_rights import addresses, may

pytestmark = pytest.mark.long

PACKAGES = re.search(r'^pip install ("apache-airflow-providers-fab.*)$', PAGE, re.MULTILINE).group(1)
SETTING = re.search(r"^echo (AIRFLOW__CORE__AUTH_MANAGER=\S+) >> settings.env$", PAGE, re.MULTILINE).group(1)
USER = re.search(r"^airflow (users create .*) --role Admin$", PAGE, re.MULTILINE).group(1)
MENU = re.search(r"`airflow (roles add-perms [^`]*)`", PAGE).group(1)
ROLES = ("Viewer", "User", "Op", "Admin")
PREFIX = "/airflow"
PASSWORD = "as good as any"
SECONDS = PATIENCE / 1000


class Airflow:
    """An API server with FAB's login, below a path; one user of each role, who is called like it."""

    def __init__(self, url):
        self.url, self.pages = url, url + PATH
        self._tokens = {}

    def token(self, role):
        if role not in self._tokens:
            login = {"username": role, "password": PASSWORD}
            answer = requests.post(f"{self.url}/auth/token", json=login, timeout=SECONDS)
            assert answer.ok, answer.text
            self._tokens[role] = answer.json()["access_token"]
        return self._tokens[role]

    def session(self, role):
        """What sends requests as the browser of somebody who has signed in."""
        session = requests.Session()
        if role:
            session.cookies.set("_token", self.token(role))
        return session

    def add_user(self, role):
        about = {
            "username": role,
            "password": PASSWORD,
            "email": f"{role}@x.example",
            "roles": [{"name": role}],
        }
        names = {"first_name": role, "last_name": role}
        answer = requests.post(
            f"{self.url}/auth/fab/v1/users",
            json=about | names,
            headers={"Authorization": f"Bearer {self.token('Admin')}"},
            timeout=SECONDS,
        )
        assert answer.ok, answer.text


@pytest.fixture
def installed():
    with tempfile.TemporaryDirectory(prefix="etl-fab-") as name:
        made = install(Path(name))
        made.add(*shlex.split(PACKAGES))
        yield made


@pytest.fixture
def airflow(installed, postgres_url, warehouse):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}{PREFIX}"
    data = installed.folder.parent / "data"
    make = installed.run("etl", "path", "deploy/make_settings.py").strip()
    printed = installed.run("python", make, "--port", str(port), "--url", url, "--data", str(data))
    settings = dict(line.split("=", 1) for line in [*printed.splitlines(), SETTING])
    metadata = embedded.ensure_database(postgres_url, "airflow_behind_fab")
    settings["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = metadata.replace("postgresql:", "postgresql+psycopg2:")
    settings["WAREHOUSE_URL"] = warehouse
    installed.run("airflow", "db", "migrate", **settings)
    user = shlex.split(USER.replace("anna ", "Admin ", 1))
    installed.run("airflow", *user, "--role", "Admin", "--password", PASSWORD, **settings)
    with (data / "api-server.log").open("w") as log:
        server = installed.start("airflow", "api-server", into=log, **settings)
        try:
            installed.run("airflow", *shlex.split(MENU), **settings)
            wait_for(f"{url}/api/v2/version", server)
            running = Airflow(url)
            for role in ROLES[:-1]:
                running.add_user(role)
            yield running
        finally:
            server.terminate()
            server.wait()


def form(session, airflow):
    """What every form of these pages holds."""
    page = session.get(f"{airflow.pages}/reference-data", timeout=SECONDS).text
    return {"csrftoken": re.search(r'name="csrftoken" value="([^"]+)"', page).group(1)}


def test_each_role_of_fab_reaches_what_is_its_own_below_a_path(airflow):
    """One test, for one server: what each part shows is its name."""
    for role in (None, *ROLES):
        every_address_asks_for_its_right(airflow, role)
    with launched() as browser:
        for role in ("Viewer", "Op"):
            who_signs_in_by_fabs_form_opens_a_page_from_the_menu(
                airflow, browser.new_page(locale="en-GB"), role
            )


def every_address_asks_for_its_right(airflow, role):
    session = airflow.session("Op")
    signed = form(session, airflow)
    session.cookies.pop("_token")
    session.cookies.update(airflow.session(role).cookies)
    for path, method in addresses(application(PagesHost(None, None, ""))):
        sent = {"data": signed if method == "POST" else None}
        if path.startswith("/reference-data-"):  # an upload
            sent = {"files": {name: (None, value) for name, value in signed.items()}}
        answer = session.request(method, airflow.pages + path, timeout=SECONDS, **sent)
        allowed = may(role and role.lower(), path, method)
        assert (answer.status_code in (401, 403)) != allowed, (role, method, path, answer.status_code)


def who_signs_in_by_fabs_form_opens_a_page_from_the_menu(airflow, page, role):
    page.set_default_timeout(PATIENCE)
    page.goto(f"{airflow.url}/auth/login/?next={airflow.url}/")
    page.locator("input[name=username]").fill(role)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").click()
    page.get_by_role("link", name="Learning results", exact=True).click()
    frame = page.frame_locator("iframe")
    expect(frame.locator("h1")).to_contain_text("Tonight")
    frame.get_by_role("link", name="Mapping", exact=True).first.click()
    expect(frame.locator("h1")).to_contain_text("Mapping")
    assert frame.get_by_role("link", name="Schools", exact=True).count() == (role == "Op")
