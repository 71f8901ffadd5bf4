"""Whoever reads only those who may claim the same clients finds the same as whoever reads everybody."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import db
from etl.engine.sources import Source
from etl.results import claims
from etl.results.claims import Claims
from etl.transform.learners import learner_candidates, match_learners
from tests.fixtures.properties import examples
from tests.fixtures.warehouse import copy_of

FIELDS = ["username", "email", "given_name", "surname"]
CODES = ["C1", "c1 ", "C2", "C3", "C4", "", None]
TEXTS = ["a", "A", "b", "", None]
RULES = [
    (True, None),
    (True, "email"),
    (False, "given_name+surname"),
    (True, "username+email"),
    (False, None),
]


def people(key, keys):
    """Some people: a key each, and few values, so that many are alike."""
    row = st.tuples(*(st.sampled_from(TEXTS) for _ in FIELDS))
    return st.dictionaries(keys, row, max_size=6).map(
        lambda rows: pd.DataFrame([(one, *row) for one, row in rows.items()], columns=[key, *FIELDS])
    )


@pytest.fixture(scope="module")
def held(postgres_url, migrated_template):
    """A function that has a warehouse hold these people; an engine for it."""
    with copy_of(postgres_url, migrated_template) as url:
        engine = db.engine(url)
        with engine.begin() as session:
            session.exec_driver_sql(
                "insert into core.sources (source, system, connection_id, timezone)"
                " values ('main', 'moodle', 'main', 'UTC')"
            )

        def hold(clients, accounts, stored):
            with engine.begin() as session:
                session.exec_driver_sql("delete from core.client_numbers; delete from core.site_accounts")
                session.exec_driver_sql("delete from core.clients")
                db.copy(session, "core.clients", clients)
                landed = accounts.assign(source="main", landing_id=1, changed_landing_id=1)
                db.copy(session, "core.site_accounts", landed)
                numbers = pd.DataFrame(stored, columns=["client_code", "value"]).assign(scheme="moodle:main")
                db.copy(session, "core.client_numbers", numbers)
            return engine

        yield hold
        engine.dispose()


def as_read(frame):
    """Text as the warehouse gives it."""
    return frame.astype({name: "int64" if name == "user_id" else "str" for name in frame.columns})


@given(
    clients=people("client_code", st.sampled_from(["C1", "C2", "C3", "C4"])),
    accounts=people("user_id", st.integers(1, 6)),
    codes=st.lists(st.sampled_from(CODES), min_size=6, max_size=6),
    stored=st.dictionaries(st.sampled_from(["C1", "C2", "C3", "C4"]), st.integers(1, 7).map(str), max_size=3),
    asked=st.sets(st.integers(1, 8), min_size=1, max_size=3),
    rules=st.sampled_from(RULES),
    at_once=st.integers(1, 3),
)
@examples(60)
def test_a_learner_is_who_a_look_at_everybody_says(
    held, clients, accounts, codes, stored, asked, rules, at_once
):
    accounts = as_read(accounts.assign(idnumber=codes[: len(accounts)]))
    stored = [pair for pair in stored.items() if pair[0] in set(clients["client_code"])]
    engine = held(clients, accounts, stored)
    source = Source("main", "moodle", "main", "UTC", *rules, True, True, True, "none")
    learners = as_read(pd.DataFrame({"scope": "2", "user_id": sorted(asked)}).merge(accounts, how="left"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "_AT_ONCE", at_once)
        found = Claims(engine, source).persons(learners)

    numbers = pd.DataFrame(stored, columns=["client_code", "user_id"], dtype="str")
    known = as_read(clients), numbers, *rules
    everybody = learner_candidates(accounts, *known)
    expected = match_learners(learners, *known, everybody)
    pd.testing.assert_frame_equal(found, expected)
