"""Who may what on the pages under Airflow's simple auth manager, by its own roles: every address, asked each way."""

import pytest
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from learning_results_pages import _visitor, rights
from starlette.testclient import TestClient

from etl.pages.app import application, create
from etl.pages.host import PagesHost, Visitor
from tests.fixtures.page_rights import addresses, may


@pytest.mark.parametrize(
    ("role", "held"),
    [
        (None, set()),
        ("viewer", {"see"}),
        ("user", {"see"}),
        ("op", {"see", "persons", "change", "run"}),
        ("admin", {"see", "persons", "change", "run", "admin"}),
    ],
)
def test_each_role_of_airflow_has_its_rights_on_the_pages(role, held):
    assert rights(SimpleAuthManager(), SimpleAuthManagerUser(username="somebody", role=role)) == held


def taken_as_signed(app):
    """The pages without the check of a form's signature, which refuses whoever sends it."""

    async def answer(scope, receive, send):
        await app({**scope, "csrftoken": lambda: ""}, receive, send)

    return answer


def refused(browser, path, method):
    return browser.request(method, path, follow_redirects=False).status_code in (401, 403)


@pytest.mark.long
@pytest.mark.parametrize("role", ["viewer", "user", "op", "admin"])
def test_every_address_asks_for_its_right(engine, role):
    user = SimpleAuthManagerUser(username=role, role=role)
    held = rights(SimpleAuthManager(), user)
    host = PagesHost(lambda: Visitor(role, held), lambda: engine, "of these tests")
    app = application(host)
    ask = {"GET": TestClient(create(host)), "POST": TestClient(taken_as_signed(app))}
    for path, method in addresses(app):
        assert refused(ask[method], path, method) != may(role, path, method), (method, path)


@pytest.mark.long
def test_without_a_login_airflow_lets_nobody_through_to_any_address(engine):
    host = PagesHost(_visitor, lambda: engine, "of these tests")
    app = application(host)
    browser = TestClient(app)
    for path, method in addresses(app):
        assert browser.request(method, path).status_code == 401, (method, path)
