"""Whole reports and pass grades that come in anew derive those of whom they say something else, and nobody else."""

import json

import pytest

from etl.connectors.moodle.flow import open_run
from etl.connectors.moodle.landed import COMPLETION, GRADES, MODULE, USER_GRADES
from etl.engine.options import Options
from etl.load import landing
from tests.connectors.moodle.edits.whom import learners

SOURCE, LATER = "moodle_main", 1_800_000_000
PASSED = '<i class="fa fa-check text-success"></i>9.00'


@pytest.fixture
def answers(engine):
    """A function that reads the newest answers about a course: by resource and key."""

    def answers(course):
        with engine.connect() as session:
            found = landing.index(session, SOURCE, [course])
            return {
                (one.resource, one.key): one.body
                for one in landing.read(session, found["landing_id"].tolist())
            }

    return answers


@pytest.fixture
def land(engine):
    """A function that lands answers about a course: bodies by resource and key."""

    def land(course, bodies):
        run_id = open_run(engine, Options())
        with engine.begin() as session:
            found = [landing.Answer(course, *about, body) for about, body in bodies.items()]
            landing.land(session, run_id, SOURCE, found)

    return land


@pytest.fixture
def whole(answers, land):
    """A function that lands a whole report as a poll does: what is compared with it is read again after it."""

    def whole(course, change=lambda report: None, *, without=()):
        held = answers(course)
        report = json.loads(held[GRADES, ""])
        change(report["usergrades"])
        again = {about: body for about, body in held.items() if about[0] in {MODULE, COMPLETION} - {*without}}
        land(course, {(GRADES, ""): json.dumps(report).encode()} | again)

    return whole


def row(report, user):
    return next(one for one in report if one["userid"] == user)


def graded(user, activity, grade, shown=PASSED):
    """A change of a report: a learner has a grade."""

    def change(report):
        [item] = [one for one in row(report, user)["gradeitems"] if one.get("cmid") == activity]
        item.update(graderaw=grade, gradedategraded=LATER, gradeformatted=shown)

    return change


def renamed(report):
    for one in report:
        for item in one["gradeitems"]:
            item["itemname"] = f"{item['itemname']} (new)"


def without_learners(*users):
    return lambda report: report.__setitem__(
        slice(None), [one for one in report if one["userid"] not in users]
    )


def with_another(report):
    """Somebody who was in the course, but not in its report."""
    report.append(row(report, 16) | {"userid": 12, "useridnumber": "CL00006"})


def twice(report):
    report.append(row(report, 16))


def of_nobody(report):
    row(report, 16)["userid"] = None


def hidden(activity, *users):
    """Learners, or everybody, are not shown an activity."""

    def change(report):
        for one in report:
            if one["userid"] in users or not users:
                one["gradeitems"] = [item for item in one["gradeitems"] if item.get("cmid") != activity]

    return change


def first_shown(user):
    """A learner is shown an activity that nobody was."""

    def change(report):
        items = row(report, user)["gradeitems"]
        items.insert(0, items[0] | {"cmid": 900, "itemtype": "mod", "itemmodule": "quiz", "itemnumber": 0})

    return change


def numbered_otherwise(report):
    row(report, 16)["useridnumber"] = "CL00099"


REPORTS = [
    ("the same once more", lambda report: None, []),
    ("in another order", lambda report: report.reverse(), []),
    ("other names of activities", renamed, []),
    ("a grade", graded(16, 3, 9), learners("2", 16)),
    ("an icon at a grade", graded(7, 3, 9, "9.00"), learners("2", 7)),
    ("somebody is gone", without_learners(16), learners("2", 16)),
    ("somebody who was in none", with_another, learners("2", 12)),
    ("another idnumber", numbered_otherwise, learners("2", 16)),
    ("an activity that some are shown no more", hidden(3, 7, 8), learners("2", 7, 8)),
    ("an activity that nobody is shown any more", hidden(3), learners("2")),
    ("an activity that nobody was shown", first_shown(16), learners("2")),
    ("somebody twice", twice, learners("2")),
    ("a row of nobody", of_nobody, learners("2")),
    ("nobody at all", list.clear, learners("2")),
]


@pytest.mark.long
@pytest.mark.parametrize(("change", "reached"), [pytest.param(*one[1:], id=one[0]) for one in REPORTS])
def test_a_new_whole_report_derives_those_of_whom_it_says_something_else(
    change, reached, first_night, whole, derived, as_if_all_were_derived
):
    whole("2", change)
    assert derived() == set(reached)
    as_if_all_were_derived()


def test_a_whole_report_that_takes_back_what_a_single_one_said_derives_that_learner(
    first_night, answers, land, whole, derived, unit, as_if_all_were_derived
):
    report = json.loads(answers("2")[GRADES, ""])["usergrades"]
    graded(16, 3, 9)(report)
    land("2", {(USER_GRADES, "16"): json.dumps({"usergrades": [row(report, 16)]}).encode()})
    assert derived() == set(learners("2", 16))
    whole("2")
    assert derived() == set(learners("2", 16))
    as_if_all_were_derived()


def module(answers, activity, gradepass):
    """What the site says of an activity, with another pass grade."""
    answer = json.loads(answers[MODULE, str(activity)])
    answer["cm"]["gradepass"] = gradepass
    return json.dumps(answer).encode()


PASS_GRADES = [
    ("with a verdict on everybody", "2", 1, "90.00", []),
    ("with a grade that the site gives no verdict on", "2", 9, "5.00", learners("2", 26)),
    ("of which the grades are hidden from some", "3", 16, "99.00", learners("3", 19, 22, 25)),
    ("written otherwise", "3", 16, "50,00", []),
    ("that is no number", "3", 16, "half", learners("3", 19, 22, 25)),
]


@pytest.mark.long
@pytest.mark.parametrize(
    ("course", "activity", "gradepass", "reached"), [pytest.param(*one[1:], id=one[0]) for one in PASS_GRADES]
)
def test_another_pass_grade_derives_those_whose_grade_is_compared_with_it(
    course, activity, gradepass, reached, first_night, answers, land, derived, as_if_all_were_derived
):
    land(course, {(MODULE, str(activity)): module(answers(course), activity, gradepass)})
    assert derived() == set(reached)
    as_if_all_were_derived()


@pytest.mark.long
def test_a_pass_grade_that_cannot_be_read_any_more_derives_the_same(
    first_night, land, derived, as_if_all_were_derived
):
    land("3", {(MODULE, "16"): b""})
    assert derived() == set(learners("3", 19, 22, 25))
    as_if_all_were_derived()


@pytest.mark.long
def test_a_pass_grade_that_is_not_read_again_with_a_new_report_derives_the_same(
    first_night, whole, derived, as_if_all_were_derived
):
    whole("3", without=[MODULE])
    assert derived() == set(learners("3", 19, 22, 25))
    as_if_all_were_derived()


@pytest.mark.long
def test_a_pass_grade_that_is_told_again_derives_who_was_reported_since(
    first_night, answers, land, derived, as_if_all_were_derived
):
    held = answers("3")
    report = json.loads(held[GRADES, ""])["usergrades"]
    graded(22, 16, 60, "60.00")(report)
    land("3", {(USER_GRADES, "22"): json.dumps({"usergrades": [row(report, 22)]}).encode()})
    assert derived() == set(learners("3", 22))
    land("3", {(MODULE, "16"): held[MODULE, "16"]})
    assert derived() == set(learners("3", 22))
    as_if_all_were_derived()


@pytest.mark.long
def test_another_pass_grade_of_an_activity_without_a_unit_derives_nobody_and_is_shown(
    first_night, answers, land, write, read, derived, as_if_all_were_derived
):
    write("update core.activity_links set closed_at = now() where activity_id = '16'")
    derived()
    land("3", {(MODULE, "16"): module(answers("3"), 16, "99.00")})
    assert derived() == set()
    assert read("select grade_pass from core.activities where activity_id = '16'")["grade_pass"][0] == 99
    as_if_all_were_derived()


@pytest.mark.long
def test_a_pass_grade_of_an_activity_that_no_report_shows_derives_the_course(
    first_night, answers, land, write, derived, as_if_all_were_derived
):
    write(
        "insert into core.activity_links (occurrence_code, unit_code, source, activity_id)"
        " values ('OCC-1003', 'CHCAGE011', 'moodle_main', '999')"
    )
    derived()
    answer = json.loads(answers("3")[MODULE, "16"])
    answer["cm"].update(id=999, modname="page")
    land("4", {(MODULE, "999"): json.dumps(answer).encode()})
    assert derived() == set(learners("4"))
    as_if_all_were_derived()


@pytest.mark.long
@pytest.mark.parametrize("without", [[], [COMPLETION]])
def test_a_new_whole_report_derives_those_whose_completion_was_refused(
    without, first_night, whole, write, derived, as_if_all_were_derived
):
    write("update core.enrolments set start_date = '2027-01-01' where enrolment_code = 'E-1001-001'")
    write("delete from core.course_completions; delete from core.enrolment_completions")
    assert learners("2", 7)[0] in derived()
    whole("2", without=without)
    assert derived() == set(learners("2", 7))
    as_if_all_were_derived()


@pytest.mark.long
@pytest.mark.parametrize(("gone", "reached"), [([26], learners("2")), ([25], learners("2", 25))])
def test_who_leaves_with_the_last_grade_of_an_activity_without_a_unit_concerns_everybody(
    gone, reached, first_night, whole, write, derived, as_if_all_were_derived
):
    write("update core.activity_links set closed_at = now() where activity_id = '9'")
    derived()
    whole("2", without_learners(*gone))
    assert derived() == set(reached)
    as_if_all_were_derived()
