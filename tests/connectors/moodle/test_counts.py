"""Nothing disappears: what came in, counted outside of the product, and what became of each row."""

import pytest

from etl.connectors.moodle import course_results

COURSES = {2: "OCC-1001", 3: "OCC-1002", 4: "OCC-1003"}


@pytest.fixture
def graded(sandbox, read):
    """(course, user, unit) of every learner and unit with a grade, read from the site itself."""

    def graded():
        links = read("select occurrence_code, unit_code, activity_id from core.activity_links")
        return {
            (course, user, link.unit_code)
            for course, occurrence in COURSES.items()
            for user, report in sandbox.moodle.site.reports[course].items()
            for item in report["gradeitems"]
            if item["graderaw"] is not None
            for link in links.itertuples()
            if (link.occurrence_code, link.activity_id) == (occurrence, str(item.get("cmid")))
        }

    return graded


def recorded(read, sandbox):
    """(course, user, unit) of every recorded result, by the idnumber that the site gives its learners."""
    results = set(
        read("select client_code, occurrence_code, unit_code from mart.unit_results").itertuples(index=False)
    )
    return {
        (course, user, unit)
        for course, occurrence in COURSES.items()
        for user, report in sandbox.moodle.site.reports[course].items()
        for client, where, unit in results
        if (client, where) == (report["useridnumber"].strip().upper(), occurrence)
    }


def listed(read):
    return set(read("select record_key from mart.rejections where resolved_at is null")["record_key"])


def accounted(row, keys):
    course, user, unit = row
    occurrence = COURSES[course]
    by_activity = {key.rsplit("/", 1)[0] for key in keys}
    return (
        f"{occurrence}/{user}" in keys  # the learner, or the enrolment
        or f"{occurrence}/{user}/{unit}" in keys
        or f"{occurrence}/{unit}" in by_activity
    )


def derived(read, run_id):
    return read(f"select * from ops.run_steps where run_id = '{run_id}' and step = 'derive'").sum(
        numeric_only=True
    )


@pytest.mark.parametrize("unplanned", [False, True])
def test_every_graded_unit_of_the_site_is_recorded_or_listed(night, graded, read, sandbox, engine, unplanned):
    if unplanned:
        with engine.begin() as session:
            session.exec_driver_sql(
                "update core.enrolment_units set closed_at = now() where unit_code = 'BSBCMM211'"
            )
    night()
    lost = [row for row in graded() - recorded(read, sandbox) if not accounted(row, listed(read))]
    assert lost == []
    not_in_plan = read("select count(*) as n from mart.rejections where reason_code = 'unit_not_in_plan'")[
        "n"
    ][0]
    assert (not_in_plan > 0) == unplanned


def test_the_counts_of_a_night_are_those_of_the_site(night, graded, read, sandbox, results):
    run_id, status = night()
    counts = derived(read, run_id)
    links = read("select activity_id from core.activity_links")["activity_id"]
    unmapped = sum(
        item["graderaw"] is not None and item["itemtype"] == "mod" and str(item["cmid"]) not in set(links)
        for course in COURSES
        for report in sandbox.moodle.site.reports[course].values()
        for item in report["gradeitems"]
    )
    completed = len(read("select distinct scope, key from raw.landings where resource = 'completion'"))
    assert status == "success"
    assert counts["read"] == counts[["written", "unchanged", "rejected", "ignored"]].sum()
    written = results()
    assert counts["written"] == sum(len(rows) for rows in written.values())
    enrolments = len(written["enrolment_completions"])
    facts = counts["read"] - enrolments - len(graded()) - unmapped
    assert len(written["course_completions"]) <= facts <= completed


def test_rows_that_are_lost_on_the_way_make_the_run_incomplete(night, read, monkeypatch):
    whole = course_results.unit_results
    monkeypatch.setattr(
        course_results, "unit_results", lambda grades, *rest: whole(grades[grades["user_id"] != 7], *rest)
    )
    run_id, status = night()
    problems = read(f"select problem_code from ops.run_steps where run_id = '{run_id}' and step = 'derive'")
    assert (status, problems["problem_code"].tolist()) == ("incomplete", ["counts_differ"])
