"""The stand-in for InfoCaption: tokens, pages, and what can be changed between two nights."""

import pytest
import requests

from etl.sandbox import accounts
from etl.sandbox.infocaption.site import generated


@pytest.fixture
def site(sandbox):
    return f"{sandbox.url}/infocaption"


@pytest.fixture
def ask(site):
    """A function that asks for a list with a token of its own."""
    token = requests.post(
        f"{site}/oauth2/token",
        auth=(accounts.INFOCAPTION_ID, accounts.INFOCAPTION_SECRET),
        data={"grant_type": "client_credentials"},
        timeout=5,
    ).json()["access_token"]

    def ask(path, **query):
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{site}/API/public/{path}", params=query, headers=headers, timeout=5)

    return ask


def control(sandbox, method, path, **body):
    answer = requests.request(method, f"{sandbox.url}/control/infocaption/{path}", timeout=5, **body)
    answer.raise_for_status()


def test_a_token_needs_the_client_s_secret_and_says_no_end(site):
    wrong = requests.post(f"{site}/oauth2/token", auth=("x", "y"), data={}, timeout=5)
    assert wrong.status_code == 401
    right = requests.post(
        f"{site}/oauth2/token",
        auth=(accounts.INFOCAPTION_ID, accounts.INFOCAPTION_SECRET),
        data={"grant_type": "client_credentials"},
        timeout=5,
    )
    assert right.json().keys() == {"access_token", "token_type"}


def test_lists_come_in_the_envelope_of_every_list(ask):
    page = ask("courses/101/participants", page=3, hitsPerPage=10).json()
    assert len(page.pop("results")) == 6
    assert page == {"hitsPerPage": 10, "totalHits": 26, "totalPages": 3, "currentPage": 3}


def test_guides_are_those_that_are_published_and_courses_are_all(ask):
    guides = {guide["id"]: guide["guideType"] for guide in ask("guides").json()["results"]}
    courses = {course["id"]: course["published"] for course in ask("courses").json()["results"]}
    assert (104 in guides, courses[104]) == (False, False)
    assert (guides[201], 201 in courses) == (1, False)


def test_participants_can_be_asked_from_a_day_on_and_a_removed_course_has_none(ask):
    recent = ask("courses/101/participants", **{"from": "2026-05-01"}).json()["results"]
    assert [row["userId"] for row in recent] == [5002, 5022]
    assert ask("courses/105/participants").status_code == 404


def test_the_site_can_be_changed_between_two_nights(ask, sandbox):
    attempt = {"user_id": "9", "email": "a@b.example", "lesson_status": "passed"}
    control(sandbox, "POST", "courses/106/participants", json=attempt)
    assert ask("courses/106/participants").json()["totalHits"] == 2
    control(sandbox, "PUT", "courses/104", json={"published": True})
    control(sandbox, "DELETE", "courses/103")
    courses = {course["id"]: course["published"] for course in ask("courses").json()["results"]}
    assert (courses[104], 103 in courses) == (True, False)
    control(sandbox, "POST", "expire-tokens")
    assert ask("courses").status_code == 401


def test_a_generated_site_spreads_its_participants_over_its_courses():
    site = generated(courses=3, participants=7)
    assert [len(site.participants(str(course), None, None)) for course in (1, 2, 3)] == [3, 2, 2]


def test_a_course_can_show_its_first_page_again_and_again(ask, sandbox):
    control(sandbox, "POST", "courses/101/repeat")
    pages = [ask("courses/101/participants", page=page, hitsPerPage=10).json() for page in (1, 2)]
    assert (pages[0]["results"], pages[1]["currentPage"]) == (pages[1]["results"], 2)
    other = [ask("courses/102/participants", page=page, hitsPerPage=5).json() for page in (1, 2)]
    assert other[0]["results"] != other[1]["results"]
