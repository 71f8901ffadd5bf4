"""The competence views against a plain reading of their rules, over random people, periods, trees and revocations."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from etl import db

GROUPS = {"M0": None, "M1": None, "G0": "M0", "G1": "M0", "G2": "M1", "H0": "G0"}
COMPETENCES = {"K0": "G0", "K1": "H0", "K2": "G1", "K3": "G2", "K4": "M1", "K5": None}
PEOPLE = [f"C{number}" for number in range(30)]
TODAY = datetime.now(UTC).date()


def periods(chance):
    """Distinct random periods: (table, person, competence, valid_from, valid_to); some end, begin or stay open."""
    found = {}
    for _ in range(150):
        person, competence = chance.choice(PEOPLE), chance.choice(list(COMPETENCES))
        start = TODAY + timedelta(days=chance.randint(-900, 40))
        end = None if chance.random() < 0.15 else start + timedelta(days=chance.choice([30, 200, 365, 700]))
        table = chance.choice(["earned", "earned", "recorded"])
        found[table, person, competence, start] = (table, person, competence, start, end)
    return list(found.values())


@pytest.fixture
def template(migrated_template):
    """The warehouse holds what the test puts there."""
    return migrated_template


@pytest.fixture(params=range(3))
def world(request, warehouse):
    """A function that reads a view, the periods that count, and the revoked ones."""
    chance = random.Random(request.param)
    engine = db.engine(warehouse)
    held, revoked = (
        periods(chance),
        [(chance.choice(PEOPLE), "K0"), (chance.choice(PEOPLE), "K2"), (None, "K3")],
    )
    with engine.begin() as session:
        run = session.exec_driver_sql
        run(
            "insert into core.sources (source, system, connection_id, timezone) values ('s', 'infocaption', 's', 'UTC')"
        )
        run("insert into core.clients (client_code, email) values (%s, %s)", [(p, f"{p}@x") for p in PEOPLE])
        for code, parent in (GROUPS | COMPETENCES).items():
            run("insert into core.competences (competence_code, parent_code, name) values (%s, %s, %s)",
                (code, parent, f"name {code}"))  # fmt: skip
        for table, *row in held:
            more = ", source, source_course_id, run_id" if table == "earned" else ""
            values = "%s, %s, %s, %s" + (", 's', '1', 'r'" if more else "")
            run(
                f"insert into core.{table}_competences (client_code, competence_code, valid_from, valid_to{more})"
                f" values ({values})",
                tuple(row),
            )
        for person, competence in revoked:
            run(
                "insert into ops.competence_decisions (decision, competence_code, client_code, decided_by, reason)"
                " values ('revoked', %s, %s, 'b', 'r')",
                (competence, person),
            )

    def read(statement):
        with engine.connect() as session:
            return [tuple(row) for row in session.exec_driver_sql(statement)]

    def gone(row):
        return (row[1], row[2]) in revoked or (None, row[2]) in revoked

    yield read, [row[1:] for row in held if not gone(row)], [row[1:] for row in held if gone(row)]
    engine.dispose()


def is_held(row):
    return row[2] <= TODAY and (row[3] is None or row[3] >= TODAY)


def above(code):
    """The groups that a competence lies in, from the nearest up."""
    parent = (GROUPS | COMPETENCES)[code]
    return [] if parent is None else [parent, *above(parent)]


def test_held_are_the_periods_of_today_that_are_not_revoked(world):
    read, counted, _ = world
    found = read("select client_code, competence_code, valid_from, valid_to from mart.competences_held")
    assert sorted(found, key=str) == sorted((row for row in counted if is_held(row)), key=str)


def test_revoked_periods_are_listed_whole(world):
    read, _, revoked = world
    found = read(
        "select distinct client_code, competence_code, valid_from, valid_to from mart.competences_revoked"
    )
    assert sorted(found, key=str) == sorted(set(revoked), key=str)


def test_expired_is_the_last_period_of_what_ended_and_was_not_earned_again(world):
    read, counted, _ = world
    by_competence = defaultdict(list)
    for row in counted:
        by_competence[row[:2]].append(row)
    expected = set()
    for rows in by_competence.values():
        if all(row[3] is not None and row[3] < TODAY for row in rows):
            expected.add(max(rows, key=lambda row: (row[3], row[2])))
    assert (
        set(read("select client_code, competence_code, valid_from, valid_to from mart.competences_expired"))
        == expected
    )


def test_each_group_counts_people_once_and_competences_of_all_groups_in_it(world):
    read, counted, _ = world
    held = [row for row in counted if is_held(row)]
    expected = {}
    for group in GROUPS:
        inside = [row for row in held if group in above(row[1])]
        soon = [[row for row in inside if row[3] and (row[3] - TODAY).days <= days] for days in (30, 90)]
        expected[group] = (len({row[0] for row in inside}), len(inside), *map(len, soon))
    columns = "group_code, people, held, expiring_in_30_days, expiring_in_90_days"
    assert {row[0]: row[1:] for row in read(f"select {columns} from mart.competences_by_group")} == expected
