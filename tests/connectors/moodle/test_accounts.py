"""The accounts of a site as its lists tell of them, and who they are when a lot of courses is derived."""

import json
import shutil

import pandas as pd
import pytest

from etl.connectors.moodle import accounts, derive, flow
from etl.connectors.moodle.landed import USERS
from etl.engine import failpoint
from etl.engine.options import Options
from etl.load import landing
from etl.load.landing import Answer
from etl.reference.importing import import_set
from etl.results.claims import Claims
from tests.fixtures.warehouse import SAMPLE

LISTS = (  # the oldest first
    ("11", [{"id": 1, "email": "old@x.example", "idnumber": "A"}, {"id": 2, "email": "b@x.example"}]),
    ("12", [{"id": 1, "email": "a@x.example"}, {"id": 3, "email": "c@x.example", "idnumber": "C"}]),
    ("13", [{"id": 1}, {"id": 2}]),  # shows nothing of anybody
)
HELD = "select user_id, idnumber, email, landing_id from core.site_accounts order by user_id"


@pytest.fixture
def listed(engine, source):
    """A function that lands lists of participants and brings the accounts up to date with them."""

    def listed(*lists):
        run_id = flow.open_run(engine, Options())
        for scope, people in lists:
            with engine.begin() as session:
                answer = Answer(scope, USERS, "", json.dumps(people).encode())
                landing.land(session, run_id, source.source, [answer])
        accounts.refresh(engine, run_id, source)

    return listed


@pytest.mark.parametrize("at_once", [1, 3, 100])
def test_what_the_newest_list_of_an_account_does_not_show_is_that_of_the_list_before_however_many_are_read_at_once(
    listed, read, monkeypatch, at_once
):
    monkeypatch.setattr(accounts, "_PEOPLE_AT_ONCE", at_once)

    listed(*LISTS)

    held = read(HELD)
    first = held["landing_id"].min() - 1
    assert held.assign(landing_id=held["landing_id"] - first).values.tolist() == [
        [1, "", "a@x.example", 2],  # an idnumber is shown of others, so there is none
        [2, "", "b@x.example", 2],
        [3, "C", "c@x.example", 1],
    ]


@pytest.fixture
def person_of(engine, source, write):
    """A function that tells who an account is, by its mail address."""
    write("update core.sources set match_code = false, match_fields = 'email' where source = 'moodle_main'")
    by_mail = source.__class__(**{**vars(source), "match_code": False, "match_fields": "email"})

    def person_of(user_id):
        claims = Claims(engine, by_mail)
        learners = claims.accounts(pd.Series([user_id])).assign(scope="11")
        return claims.persons(learners)["client_code"].dropna().tolist()

    return person_of


def test_whose_address_an_import_changes_is_known_by_the_new_one(listed, person_of, engine, tmp_path):
    listed(("11", [{"id": 1, "email": "New@x.example"}, {"id": 2, "email": "ben.smith2@student.example"}]))
    before = person_of(1), person_of(2)
    shutil.copytree(SAMPLE, tmp_path, dirs_exist_ok=True)
    clients = tmp_path / "clients.csv"
    told = clients.read_text()
    clients.write_text(told.replace("Ben,,Smith,ben.smith2@student.example", "Ben,,Smith,new@x.example"))
    import_set(engine, tmp_path)

    assert (before, person_of(1), person_of(2)) == (([], ["CL00002"]), ["CL00002"], [])


def test_whose_address_a_list_shows_changed_is_known_by_the_new_one(listed, person_of):
    listed(("11", [{"id": 1, "email": "nobody@x.example"}]))
    before = person_of(1)
    listed(("11", [{"id": 1, "email": "BEN.smith2@student.example"}]))

    assert (before, person_of(1)) == ([], ["CL00002"])


def test_of_an_import_between_two_lots_of_one_task_the_second_knows(night, read, write, monkeypatch):
    monkeypatch.setattr(derive, "_ITEMS_A_LOT", 1)  # each course is one
    commits = []

    def imported(point):
        if point == "load.committed":
            commits.append(point)
            if len(commits) == 1:
                write("update core.clients set closed_at = now()")

    monkeypatch.setattr(failpoint, "point", imported)

    night()

    matched = read(
        "select scope, bool_or(client_code is not null) as known from ops.derived_learners"
        " group by scope order by scope"
    )
    assert matched.values.tolist() == [["2", True], ["3", False], ["4", False]]
