"""Whoever reads only those who may be the same people finds the same as whoever reads everybody."""

import sys
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl import db
from etl.engine.sources import Source
from etl.results.claims import Claims
from etl.transform.learners import learner_candidates, match_learners
from etl.transform.normal_form import folded_text
from tests.fixtures.properties import examples
from tests.fixtures.warehouse import copy_of

FIELDS = ["username", "email", "given_name", "surname"]
CODES = ["C1", "c1 ", "C2", "C3", "C4", "", None]
TEXTS = ["a", "A", " a", "b", "é", "e\u0301", "É", "e", "я", "\u212a", "k", " ", "", None]
RULES = [
    (True, None),
    (True, "email"),
    (True, "username+email"),
    (True, "username"),
    (False, "given_name"),
    (False, "surname"),
    (False, "surname+given_name"),
    (True, "given_name+email"),
    (False, None),
]
SCHEME = "moodle:main"


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
                " values ('main', 'moodle', 'main', 'UTC'), ('other', 'moodle', 'other', 'UTC')"
            )

        def hold(clients, accounts, stored, written=(), gone=()):
            with engine.begin() as session:
                session.exec_driver_sql(
                    "delete from core.client_numbers; delete from core.moodle_accounts;"
                    "delete from core.site_accounts; delete from core.clients"
                )
                db.copy(session, "core.clients", clients)
                for code in gone:
                    session.exec_driver_sql(
                        "update core.clients set closed_at = now() where client_code = %s", (code,)
                    )
                for source in ("main", "other"):  # whoever is on another site claims nobody here
                    landed = accounts.assign(source=source, landing_id=1, changed_landing_id=1)
                    db.copy(session, "core.site_accounts", landed)
                numbers = pd.DataFrame(stored, columns=["client_code", "value"]).assign(scheme=SCHEME)
                db.copy(session, "core.client_numbers", numbers)
                made = pd.DataFrame(written, columns=["client_code", "user_id"])
                rest = {"source": "main", "origin": "made", "suspended": False}
                db.copy(session, "core.moodle_accounts", made.assign(**rest))
            return engine

        yield hold
        engine.dispose()


def as_read(frame):
    """Text as the warehouse gives it."""
    return frame.astype({name: "int64" if name == "user_id" else "str" for name in frame.columns})


def of_site(rules):
    return Source("main", "moodle", "main", "UTC", *rules, True, True, True, "none")


CLIENTS = st.sampled_from(["C1", "C2", "C3", "C4"])
NUMBERS = st.one_of(st.integers(1, 7).map(str), st.sampled_from(["2.0", "01", "x", "9" * 30]))


@given(
    clients=people("client_code", CLIENTS),
    accounts=people("user_id", st.integers(1, 6)),
    codes=st.lists(st.sampled_from(CODES), min_size=6, max_size=6),
    stored=st.dictionaries(CLIENTS, NUMBERS, max_size=3),
    written=st.dictionaries(CLIENTS, NUMBERS, max_size=2),
    gone=st.sets(CLIENTS, max_size=1),
    asked=st.sets(st.integers(1, 8), min_size=1, max_size=3),
    rules=st.sampled_from(RULES),
)
@examples(100)
def test_a_learner_is_who_a_look_at_everybody_says(
    held, clients, accounts, codes, stored, written, gone, asked, rules
):
    accounts = as_read(accounts.assign(idnumber=codes[: len(accounts)]))
    there = set(clients["client_code"])
    stored, written = ([pair for pair in some.items() if pair[0] in there] for some in (stored, written))
    engine = held(clients, accounts, stored, written, gone)
    learners = as_read(pd.DataFrame({"scope": "2", "user_id": sorted(asked)}).merge(accounts, how="left"))

    found = Claims(engine, of_site(rules)).persons(learners)

    with engine.connect() as session:
        everybody = db.query(session, "results/administration.clients")
        numbers = db.query(session, "moodle/people.holders", scheme=SCHEME)
    known = everybody, numbers, *rules
    expected = match_learners(learners, *known, learner_candidates(accounts, *known))
    pd.testing.assert_frame_equal(found, expected)


def keys_of(engine, texts):
    """What texts are found by."""
    with engine.begin() as session:
        session.exec_driver_sql("create temporary table given (place int, value text) on commit drop")
        db.copy(session, "given", pd.DataFrame({"place": range(len(texts)), "value": texts}))
        keys = session.exec_driver_sql("select core.match_key(value) from given order by place")
        return list(keys.scalars())


def test_every_character_is_found_by_what_its_normal_form_is_found_by(held):
    characters = (chr(code) for code in range(1, sys.maxunicode) if not 0xD800 <= code < 0xE000)
    texts = [f"x{character}y" for character in characters]
    changing = [text for text in texts if folded_text(text) != text]
    engine = held(*(pd.DataFrame({name: []}) for name in ("client_code", "user_id")), [])

    assert len(changing) > 2000
    assert keys_of(engine, changing) == keys_of(engine, [folded_text(text) for text in changing])


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
@examples(100)
def test_a_text_is_found_by_what_its_normal_form_is_found_by(held, texts):
    engine = held(*(pd.DataFrame({name: []}) for name in ("client_code", "user_id")), [])
    forms = [*texts, *(unicodedata.normalize("NFD", text) for text in texts)]
    told = [(text, folded_text(text)) for text in forms if folded_text(text)]

    assert keys_of(engine, [text for text, _ in told]) == keys_of(engine, [form for _, form in told])


def rows_read(engine, site):
    """Rows of tables that are read to know who two learners are, on a site of so many accounts and clients."""
    with engine.begin() as session:
        session.exec_driver_sql("delete from core.client_numbers; delete from core.site_accounts")
        session.exec_driver_sql("delete from core.clients")
        session.exec_driver_sql(
            "insert into core.clients (client_code, username, email, given_name, surname)"
            " select 'C' || n, 'u' || n, n || '@x.example', 'An', 'S' || n from generate_series(1, %s) as n",
            (site,),
        )
        session.exec_driver_sql(
            "insert into core.site_accounts (source, user_id, idnumber, username, email, given_name, surname,"
            " landing_id, changed_landing_id) select 'main', n, 'c' || n, 'u' || n, n || '@x.example', 'An',"
            " 'S' || n, 1, 1 from generate_series(1, %s) as n",
            (site,),
        )
        session.exec_driver_sql(
            "insert into core.client_numbers (client_code, scheme, value)"
            " select 'C' || n, 'moodle:main', n from generate_series(1, %s) as n",
            (site,),
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
        session.exec_driver_sql("vacuum analyze core.clients, core.site_accounts, core.client_numbers")
    read = "select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int from pg_stat_user_tables"
    found = []
    for rules in ((True, "email"), (False, "given_name+surname"), (False, "username"), (False, "surname")):
        claims = Claims(engine, of_site(rules))
        with engine.begin() as session:
            session.exec_driver_sql("select pg_stat_force_next_flush()")
        with engine.connect() as session:
            before = session.exec_driver_sql(read).scalar_one()
        users = claims.accounts(pd.Series([7, 9])).assign(scope="2")
        persons = claims.persons(users)
        assert persons["client_code"].tolist() == ["C7", "C9"]
        with engine.begin() as session:
            session.exec_driver_sql("select pg_stat_force_next_flush()")
        with engine.connect() as session:
            found.append(session.exec_driver_sql(read).scalar_one() - before)
    return found


def test_of_a_large_site_the_rows_of_the_learners_are_read(held):
    engine = held(*(pd.DataFrame({name: []}) for name in ("client_code", "user_id")), [])

    read = rows_read(engine, 6000)

    assert min(read) > 0
    assert max(read) < 50
