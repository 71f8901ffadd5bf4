"""Bodies of the generated Moodle: rows in the recorded shapes, grade reports joined from prepared pieces.

Grade reports of whole courses are the bulk of a night, so their items are joined from text made once.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from etl.sandbox.moodle.protocol import recording, to_json, verdict

Row = dict[str, Any]

MODNAMES = ("quiz", "assign", "lesson", "scorm", "lti", "h5pactivity")


def occurrence_code(course: int) -> str:
    """The idnumber of a course."""
    return f"GEN-{course:05d}"


def client_code(user: int) -> str:
    """The idnumber of a student."""
    return f"GC{user:07d}"


@lru_cache(maxsize=16)
def _template(name: str) -> Any:
    return recording().value(name)


@lru_cache(maxsize=4)
def course_rows(courses: range, completion: bool) -> list[Row]:
    """Courses as courses_by_field shows them."""
    (template,) = _template("core_course_get_courses_by_field__idnumber")["courses"]
    return [
        {
            **template,
            "id": course,
            "fullname": f"Generated course {course}",
            "displayname": f"Generated course {course}",
            "shortname": f"generated-{course}",
            "summary": "",
            "contacts": [],
            "idnumber": occurrence_code(course),
            "enablecompletion": int(completion),
        }
        for course in courses
    ]


def user_rows(users: Sequence[int], access: Sequence[int], teacher: int) -> list[Row]:
    """Students and the teacher of a course as get_enrolled_users shows them."""
    recorded = _template("core_enrol_get_enrolled_users__course_c")
    student, trainer = recorded[0], recorded[-1]
    rows = [
        {**student, **identity(user), "lastaccess": seen, "lastcourseaccess": seen}
        for user, seen in zip(users, access, strict=True)
    ]
    return [*rows, {**trainer, **identity(teacher), "idnumber": "", "lastcourseaccess": 0}]


def identity(user: int) -> Row:
    """Who a generated user is; the names repeat, ids and codes do not."""
    first, last = f"First{user % 97}", f"Last{user % 89}"
    mail = f"user{user}@generated.example"
    return {
        "id": user,
        "username": mail,
        "firstname": first,
        "lastname": last,
        "fullname": f"{first} {last}",
        "email": mail,
        "idnumber": client_code(user),
    }


def module_row(cmid: int, course: int, place: int, gradepass: float) -> Row:
    """An activity as get_course_module shows it: the pass grade rounded, as text."""
    template = _template("core_course_get_course_module__A2_assign")["cm"]
    return {
        **template,
        "id": cmid,
        "course": course,
        "name": f"Activity {place + 1}",
        "modname": MODNAMES[place % len(MODNAMES)],
        "instance": cmid,
        "idnumber": "",
        "grade": 100,
        "gradepass": f"{gradepass:.2f}",
    }


def report_json(
    course: int,
    users: Sequence[int],
    cmids: Sequence[int],
    passes: Sequence[float],
    halves: Sequence[Sequence[int]],
    graded: Sequence[Sequence[int]],
) -> bytes:
    """The grade report of some users of a course."""
    heads = [_head(cmid, place) for place, cmid in enumerate(cmids)]
    befores, afters = _before(), [_after(gradepass) for gradepass in passes]
    reports = []
    for user, points, moments in zip(users, halves, graded, strict=True):
        items = [
            f"{head}{befores[half]}{moment}{after[half]}" if half >= 0 else head + _UNGRADED
            for head, half, moment, after in zip(heads, points, moments, afters, strict=True)
        ]
        reports.append(f'{_person(course, user)}"gradeitems":[{",".join([*items, _COURSE_ITEM])}]}}')
    return f'{{"usergrades":[{",".join(reports)}],"warnings":[]}}'.encode()


def completion_json(criteria: Sequence[tuple[int, int | None]]) -> bytes:
    """Completion by activities, all of them required; ``criteria``: cmid and when it was met."""
    template = _template("core_completion_get_course_completion_status__a_user01")
    (first, *_) = template["completionstatus"]["completions"]
    rows = [
        {
            **first,
            "status": "No" if met is None else "Yes",
            "complete": met is not None,
            "timecompleted": met,
            "details": {
                **first["details"],
                "criteria": f'<a href="{{{{WWWROOT}}}}/mod/assign/view.php?id={cmid}">Activity</a>',
            },
        }
        for cmid, met in criteria
    ]
    completed = all(met is not None for _, met in criteria)
    status = {"completed": completed, "aggregation": 1, "completions": rows}
    return to_json({"completionstatus": status, "warnings": []}).encode()


def _person(course: int, user: int) -> str:
    who = identity(user)
    return (
        f'{{"courseid":{course},"courseidnumber":"{occurrence_code(course)}","userid":{user},'
        f'"userfullname":"{who["fullname"]}","useridnumber":"{who["idnumber"]}","maxdepth":2,'
    )


def _head(cmid: int, place: int) -> str:
    row = {
        "id": cmid,
        "itemname": f"Activity {place + 1}",
        "itemtype": "mod",
        "itemmodule": MODNAMES[place % len(MODNAMES)],
        "iteminstance": cmid,
        "itemnumber": 0,
        "idnumber": "",
        "categoryid": 1,
        "outcomeid": None,
        "scaleid": None,
        "locked": False,
        "cmid": cmid,
    }
    return to_json(row)[:-1]


@lru_cache(maxsize=1)
def _before() -> list[str]:
    """For each number of half points: from the weight to the moment of grading."""
    points = [half // 2 if half % 2 == 0 else half / 2 for half in range(201)]
    head = ',"weightraw":0.1,"weightformatted":"10.00 %","graderaw":'
    return [f'{head}{grade},"gradedatesubmitted":null,"gradedategraded":' for grade in points]


_FLAGS = (
    ',"gradehiddenbydate":false,"gradeneedsupdate":false,"gradeishidden":false,'
    '"gradeislocked":false,"gradeisoverridden":false'
)
_RANGE = ',"grademin":0,"grademax":100,"rangeformatted":"0&ndash;100"'
_UNGRADED = (
    f',"graderaw":null,"gradedatesubmitted":null,"gradedategraded":null{_FLAGS},"gradeformatted":"-"'
    f'{_RANGE},"percentageformatted":"-","feedback":"","feedbackformat":0}}'
)
_COURSE_ITEM = (
    '{"id":1,"itemname":null,"itemtype":"course","itemmodule":null,"iteminstance":1,"itemnumber":null,'
    '"idnumber":null,"categoryid":null,"outcomeid":null,"scaleid":null,"locked":false' + _UNGRADED
)


@lru_cache(maxsize=16)
def _after(gradepass: float) -> list[str]:
    """For each number of half points: from the flags to the end of the item, with the verdict."""
    texts = []
    for half in range(201):
        grade = half / 2
        shown = to_json(f"{verdict(grade, gradepass)}{grade:.2f}")
        texts.append(
            f'{_FLAGS},"gradeformatted":{shown}{_RANGE},"percentageformatted":"{grade:.2f} %",'
            '"feedback":"","feedbackformat":2}'
        )
    return texts
