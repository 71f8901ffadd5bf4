"""The night of the sample InfoCaption site, end to end below Airflow: real PostgreSQL, real HTTP."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from etl import db
from etl.connectors.infocaption import flow as infocaption_competences
from etl.connectors.infocaption.flow import FLOW
from etl.connectors.moodle import flow as moodle_results
from etl.engine.options import Options
from etl.sandbox.infocaption.site import Attempt
from tests.fixtures.nights import as_text

GOLDEN = Path(__file__).parents[2] / "golden" / "competences"
HELD = "select client_code, competence_code, valid_from, valid_to, source, source_course_id from {}"
BEN = "ben.smith2@student.example"


@pytest.fixture
def night(engine, connect):
    def night(**options):
        return infocaption_competences.run(engine, connect, Options(**options))

    return night


@pytest.fixture
def earned(read):
    """What was earned, as a set of rows."""
    return lambda: as_text(read(HELD.format("core.earned_competences")))


@pytest.fixture
def change(engine):
    """Change the administration's data."""

    def change(statement):
        with engine.begin() as session:
            session.execute(text(statement))

    return change


def passed(completed, email=BEN, user_id="5002"):
    return Attempt(user_id, email, "passed", completed=completed)


def open_rejections(read):
    return as_text(
        read(
            "select scope, resource, record_key, reason_code from mart.rejections"
            f" where flow like '{FLOW}%' and resolved_at is null"
        )
    )


def test_the_sample_sites_give_exactly_the_expected_competences(engine, connect, night, read):
    moodle_results.run(engine, connect, Options())
    _, status = night()
    expected = pd.read_csv(GOLDEN / "competences.csv", dtype=str)
    found = read(f"select {', '.join(expected.columns)} from mart.competences")
    assert as_text(found) == as_text(expected)
    assert status == "success"


def test_nobody_and_nothing_that_gives_no_competence_is_left_out_of_the_list(engine, connect, night, read):
    moodle_results.run(engine, connect, Options())
    night()
    expected = pd.read_csv(GOLDEN / "rejections.csv", dtype=str)
    assert open_rejections(read) == as_text(expected)


def test_a_list_of_three_pages_is_read_whole(night, read):
    run_id, _ = night()
    calls = read(f"select scope, calls from ops.run_steps where run_id = '{run_id}' and step = 'land'")
    assert dict(calls.to_numpy())["infocaption_main/101"] == 1 + 3  # the token first


def test_a_second_night_writes_nothing_and_asks_whole_only_where_rows_are_rejected(
    night, earned, read, sandbox
):
    night()
    first = earned()
    sandbox.counters.reset()
    run_id, _ = night()
    steps = read(f"select * from ops.run_steps where run_id = '{run_id}'")
    assert (steps["written"].sum(), earned()) == (0, first)
    assert sandbox.counters.of("infocaption") == {
        "courses": 1,
        "participants": 3 + 2 + 3,  # pages of 101 and 102, whole; one call of each other course
        "token": 2,
    }
    assert steps[steps["step"].isin(["derive", "award"])].empty


def test_what_is_new_since_the_last_night_is_found_without_reading_the_course_again(
    night, sandbox, earned, read
):
    night()
    before = earned()
    today = read("select cast(now() as date) as today")["today"].iloc[0].isoformat()
    sandbox.infocaption.site.attempts["103"].append(
        passed(f"{today}T00:00:00Z", "jack.brown40@student.example")
    )
    landed = "select resource, count(*) as n from raw.landings where scope = '103' group by resource"
    night()
    assert {row[:3] for row in earned() - before} == {("CL00040", "INFOSEC", today)}
    assert as_text(read(landed)) == {("participants", "1"), ("changes", "1")}


def test_after_a_week_a_course_is_read_whole_again(night, change, sandbox, earned):
    night()
    before = earned()
    sandbox.infocaption.site.attempts["103"].append(passed("2026-01-05T09:00:00Z"))  # entered long after
    night()
    assert earned() == before
    change("update raw.landings set landed_at = landed_at - interval '7 days'")
    night()
    assert {row[:3] for row in earned() - before} == {("CL00002", "INFOSEC", "2026-01-05")}


def test_whoever_passed_before_the_link_was_made_gets_the_competence(night, change, earned):
    night()
    before = earned()
    change("insert into core.competence_links values ('infocaption_main', '106', 'WORKENV')")
    night()
    gained = {("CL00016", "WORKENV", "2026-02-01", "2029-01-31", "infocaption_main", "106")}
    assert earned() - before == gained


def test_a_further_competence_of_a_course_is_given_for_what_was_landed_already(night, change, earned):
    night()
    before = earned()
    change("insert into core.competence_links values ('infocaption_main', '103', 'WORKENV')")
    night()
    assert {row[:2] for row in earned() - before} == {("CL00010", "WORKENV"), ("CL00011", "WORKENV")}


def test_removing_a_link_keeps_what_it_gave_and_gives_nothing_more(night, change, sandbox, earned):
    night()
    before = earned()
    change("update core.competence_links set closed_at = now() where source_course_id = '103'")
    sandbox.infocaption.site.attempts["103"].append(passed("2026-11-20T09:00:00Z"))
    night(full=True)
    assert earned() == before


def test_an_earlier_validity_is_not_overwritten_by_a_new_default(night, change, earned):
    night()
    before = earned()
    change("update core.competences set validity_days = 10")
    night()
    added = {row for row in earned() - before if row[1] == "FIRE-BASIC"}
    assert before <= earned()
    assert added == set()  # Ben's second pass lay in the year that the first one gave


def test_a_course_that_is_removed_is_marked_gone_and_its_competences_stay(night, sandbox, earned, read):
    night()
    before = earned()
    del sandbox.infocaption.site.guide_list["103"]
    night()
    links = read("select source_course_id, course_state, produced from mart.competence_links")
    states = {row["source_course_id"]: (row["course_state"], row["produced"]) for _, row in links.iterrows()}
    assert earned() == before
    assert states["103"] == ("course gone", 2)
    assert (states["104"][0], states["201"][0]) == ("not published", "never seen")


def test_participants_that_are_not_found_mark_the_course_gone_at_once(night, read):
    night()
    state = read("select course_state from mart.competence_links where source_course_id = '105'")
    assert state["course_state"].tolist() == ["course gone"]


def test_a_course_whose_participants_are_found_again_is_there_again(night, sandbox, read):
    state = "select course_state, last_read_at from mart.competence_links where source_course_id = '105'"
    waiting = "select 1 from mart.rejections where scope = '105' and resolved_at is null"
    night()
    assert (read(state)["last_read_at"].isna().tolist(), len(read(waiting))) == ([True], 1)
    sandbox.infocaption.site.guide_list["105"].removed = False
    night()
    first = read(state).iloc[0]
    assert (first["course_state"], len(read(waiting))) == ("published", 0)
    night()  # which finds nothing new, and is a reading
    assert read(state)["last_read_at"].iloc[0] > first["last_read_at"]


def test_an_address_that_is_corrected_gives_the_competence_the_next_night(night, change, earned, read):
    night()
    change("update core.clients set email = 'Someone.Else@elsewhere.example' where client_code = 'CL00040'")
    night()
    assert {row[:3] for row in earned() if row[0] == "CL00040"} == {("CL00040", "FIRE-BASIC", "2026-03-12")}
    assert not [row for row in open_rejections(read) if row[3] == "unmatched_learner"]


@pytest.mark.long
def test_an_edit_that_says_nothing_about_passes_derives_no_course_again(night, change, read):
    derived = (
        "select scope, derived_at from ops.derivations where flow = 'infocaption_competences' order by 1"
    )
    night()
    before = read(derived)
    change("update core.activity_links set closed_at = now()")
    change("update core.clients set surname = 'Other' where client_code = 'CL00040'")
    run_id, _ = night()
    assert read(derived).equals(before)
    steps = read(f"select scope from ops.run_steps where run_id = '{run_id}' and step = 'derive'")
    future = read(
        "select 1 from mart.rejections where reason_code = 'completed_in_future' and resolved_at is null"
    )
    assert len(steps) <= len(future)
    change("update core.clients set email = 'another@elsewhere.example' where client_code = 'CL00040'")
    night()
    assert not read(derived)["derived_at"].isin(before["derived_at"]).any()


def test_a_dry_run_counts_and_gives_nothing(night, earned, read):
    run_id, _ = night(dry_run=True)
    counted = read(
        f"select sum(written) as n from ops.run_steps where run_id = '{run_id}' and step = 'award'"
    )
    assert (earned(), counted["n"].iloc[0] > 0) == (set(), True)
    night()
    assert len(earned()) == counted["n"].iloc[0]


def test_the_counts_of_a_run_add_up(night, earned, read):
    run_id, _ = night()
    awarded = read(f"select * from ops.run_steps where run_id = '{run_id}' and step = 'award'")
    assert awarded["written"].sum() == len(earned())
    derived = read(f"select * from ops.run_steps where run_id = '{run_id}' and step = 'derive'")
    assert derived["read"].sum() == 26 + 12 + 4 + 2  # attempts of the courses that can be asked about


def test_a_past_night_is_derived_again_without_the_site(
    night, engine, connect, change, earned, sandbox, read
):
    night()
    before = earned()
    change("delete from core.earned_competences")
    change("delete from core.course_passes")
    change("delete from ops.derivations")
    calls = sandbox.counters.of("infocaption")
    past = read("select now() as at")["at"].iloc[0].to_pydatetime()
    infocaption_competences.run(engine, connect, replace(Options(), nights=(past,)))
    assert earned() == before
    asked = sandbox.counters.of("infocaption")["participants"] - calls["participants"]
    assert asked == 1  # the course that is gone: nothing of it was ever landed


def test_a_course_that_cannot_be_read_does_not_stop_the_others(night, sandbox, earned):
    sandbox.faults.add("infocaption", "unavailable", operation="participants", count=1)
    _, status = night()
    assert status == "incomplete"
    assert {row[5] for row in earned()} == {"102", "103", "107"}


def test_a_site_that_cannot_be_asked_is_a_problem_of_the_report(night, sandbox, read):
    sandbox.faults.add("infocaption", "unavailable", operation="courses", count=None)
    assert night()[1] == "incomplete"
    [problem] = read("select problem from mart.run_steps where problem is not null")["problem"]
    assert "InfoCaption infocaption_main: courses: HTTP 503" in problem


def test_a_malformed_participant_is_listed_and_the_others_get_theirs(night, sandbox, earned, read):
    damaged = Attempt("6001", BEN, "completed", "n/a", "80", completed="2026-03-04T09:00:00Z")
    sandbox.infocaption.site.attempts["103"].append(damaged)
    night()
    assert ("103", "participant", "103/6001", "malformed_record") in open_rejections(read)
    assert {row[0] for row in earned() if row[1] == "INFOSEC"} == {"CL00010", "CL00011"}


def test_a_course_that_gets_published_gives_its_competence_the_next_night(night, sandbox, earned):
    night()
    before = earned()
    sandbox.infocaption.site.guide_list["104"].published = True
    night()
    assert {row[:3] for row in earned() - before} == {("CL00014", "TRUCK", "2026-02-01")}


def test_people_are_shown_with_the_address_of_the_administration(night, read):
    night()
    shown = read("select distinct person_email from mart.competences where client_code = 'CL00001'")
    assert shown["person_email"].tolist() == ["alice.smith1@student.example"]


def test_a_moodle_course_that_gives_a_competence_is_polled_though_no_occurrence_has_it(engine, change):
    change(
        "insert into core.courses (source, source_course_id, name, visible) values ('moodle_main', '99', 'X', true);"
        "insert into core.competence_links values ('moodle_main', '99', 'TRUCK')"
    )
    with engine.connect() as session:
        polled = db.rows(session, "results/courses.occurrences", source="moodle_main")
    assert ("99", None, False) in {(row["scope"], row["occurrence_code"], row["gone"]) for row in polled}


def test_without_infocaption_the_night_gives_what_moodle_courses_earn(engine, connect, night, change, earned):
    change("update core.sources set closed_at = now() where system = 'infocaption'")
    moodle_results.run(engine, connect, Options())
    _, status = night()
    assert (status, {row[4] for row in earned()}) == ("success", {"moodle_main"})
