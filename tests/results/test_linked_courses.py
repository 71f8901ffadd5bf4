"""Which courses are linked is said in one place: plan, derivation, history and connection test agree."""

import pytest
from sqlalchemy import text

from etl import db

SITE = """
insert into core.sources (source, system, connection_id, timezone)
values ('site', 'moodle', 'site', 'Europe/Amsterdam');
insert into core.units (unit_code, kind, name) values ('U', 'unit', 'U');
insert into core.profession_groups (org_id, name, active, number_scheme, number_pattern)
values (1, 'G', true, 'pe:1', '.*');
insert into core.competences (competence_code, name) values ('K', 'K');
"""
OCCURRENCE = (
    "insert into core.occurrences (occurrence_code, name, status, closed_at) values ('O', 'O', '{}', {});"
)
MAPPED = """
insert into core.activity_links (occurrence_code, unit_code, source, activity_id) values ('O', 'U', 'site', '7');
"""
COURSE = (
    "insert into core.courses (source, source_course_id, name, idnumber, visible)"
    " values ('site', '2', 'C', '{}', true);"
)
BY_IDNUMBER = COURSE.format(" o ")  # compared as codes are: without blanks, in lower case
BY_HAND = COURSE.format("") + "insert into core.course_links values ('O', 'site', '2', {});"
UNLINKED = "delete from core.course_links; update core.courses set idnumber = ''"
ACCREDITED = (
    "insert into core.accreditations (org_id, source, source_course_id, valid_from, pe_course_id)"
    " values (1, 'site', '2', '2026-01-01', '9');"
)
GIVES = (
    "insert into core.competence_links (source, source_course_id, competence_code) values ('site', '2', 'K');"
)

LINKS = {"idnumber": BY_IDNUMBER, "hand": BY_HAND.format("null")}
# status of the occurrence, whether it left the administration: is it linked, is it tested
STATES = {
    ("planned", "null"): (True, True),
    ("active", "null"): (True, True),
    ("finished", "null"): (True, False),  # only looked at for grades that come late
    ("cancelled", "null"): (False, False),
    ("active", "now()"): (False, False),
}


@pytest.fixture
def template(migrated_template):
    """The warehouse holds what a test puts there."""
    return migrated_template


@pytest.fixture
def session(engine):
    """A session in a site with one course; what is made is taken back."""
    with engine.connect() as session:
        session.execute(text(SITE))
        yield session


def planned(session):
    """What the plan of a night knows of the course: its occurrences (null: it counts by itself)."""
    found = db.query(session, "results/courses.occurrences", source="site")
    return [(row.scope, row.occurrence_code or None) for row in found.fillna("").itertuples()]


def derived(session):
    """The occurrence that what is derived of the course depends on: without its links the course is derived again."""
    with session.begin_nested() as unlinked:
        before = db.rows(session, "moodle/derived.course_facts", source="site", scopes=["2"])
        session.execute(text(UNLINKED))
        after = db.rows(session, "moodle/derived.course_facts", source="site", scopes=["2"])
        unlinked.rollback()
    return [("2", "O")] * (before != after)


def looked_at(session, shown=None):
    """The courses that the connection test looks at, with their activities."""
    given = {
        "connection_ids": ["site"],
        "course_ids": list(shown or {}),
        "idnumbers": list((shown or {}).values()),
    }
    found = db.rows(session, "moodle/activities.mapped", **given)
    return [(row["source_course_id"], row["activity_id"], row["counted"]) for row in found]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("state", STATES)
def test_a_link_counts_for_the_plan_what_is_derived_and_the_test_alike(session, link, state):
    linked, open_now = STATES[state]
    session.execute(text(OCCURRENCE.format(*state) + MAPPED + LINKS[link]))
    assert planned(session) == derived(session) == [("2", "O")] * linked
    assert looked_at(session) == [("2", "7", False)] * open_now
    assert (
        db.execute(session, "results/courses.links_found", source="site") == 1
    )  # it belonged to it, whatever it is now


def test_a_link_that_was_removed_by_hand_counts_nowhere_and_is_remembered(session):
    session.execute(text(OCCURRENCE.format("active", "null") + MAPPED + BY_HAND.format("now()")))
    assert (planned(session), derived(session), looked_at(session)) == ([], [], [])
    assert db.execute(session, "results/courses.links_found", source="site") == 1


def test_a_course_that_is_linked_both_ways_is_there_once(session):
    hand = "insert into core.course_links values ('O', 'site', '2', null);"
    session.execute(text(OCCURRENCE.format("active", "null") + MAPPED + BY_IDNUMBER + hand))
    assert planned(session) == derived(session) == [("2", "O")]
    assert db.execute(session, "results/courses.links_found", source="site") == 1


def test_an_idnumber_that_only_the_site_shows_yet_is_tested_as_one_that_a_night_has_read(session):
    session.execute(text(OCCURRENCE.format("active", "null") + MAPPED))
    assert looked_at(session, {"2": "o"}) == [("2", "7", False)]
    session.execute(text("update core.occurrences set status = 'cancelled'"))
    assert looked_at(session, {"2": "o"}) == []


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("counts", [ACCREDITED, GIVES])
def test_a_course_that_counts_is_planned_and_tested_whatever_became_of_its_occurrence(session, state, counts):
    linked, _ = STATES[state]
    session.execute(text(OCCURRENCE.format(*state) + BY_IDNUMBER + counts))
    assert planned(session) == [("2", "O" if linked else None)]
    assert ("2", None, True) in looked_at(session)


def test_a_competence_waits_for_no_course_that_the_plan_leaves_out(session):
    session.execute(text(OCCURRENCE.format("cancelled", "null") + BY_IDNUMBER + GIVES))
    [competence] = db.rows(session, "results/competences.inputs", flow="infocaption_competences/award")
    assert competence["unread"] == ["site/2"]
    found = db.query(session, "results/courses.occurrences", source="site")
    assert found["waited_for"].tolist() == [True]
