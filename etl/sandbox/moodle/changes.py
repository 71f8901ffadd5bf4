"""Rarer things that happen on the recorded Moodle site between two nights."""

from etl.sandbox.moodle.site import MoodleSite, Row

PENALTY = (
    '<i class="icon fa fa-triangle-exclamation text-danger fa-fw "  title="Late penalty applied -5.00 marks"'
    ' role="img" aria-label="Late penalty applied -5.00 marks"></i>'
)


def item_of(site: MoodleSite, user: int, cmid: int, number: int = 0) -> Row:
    """A grade item of a student. Raises LookupError when there is none."""
    report = site.report(site.modules[cmid]["course"], user)
    items: list[Row] = report["gradeitems"] if report else []
    for item in items:
        if item.get("cmid") == cmid and (item["itemnumber"] or 0) == number:
            return item
    raise LookupError(f"user {user} has no grade item {number} of activity {cmid}")


def set_pending(site: MoodleSite, user: int, cmid: int, pending: bool = True) -> None:
    """The gradebook has to compute a grade anew: until then the site shows none."""
    item = item_of(site, user, cmid)
    if pending:
        item.update(graderaw=None, gradeneedsupdate=True, gradeformatted="Error", percentageformatted="Error")
    else:
        item.update(gradeneedsupdate=False)
    site.changes += 1


def add_grade_item(site: MoodleSite, cmid: int, number: int) -> None:
    """An activity gets one more grade item, which nobody is graded for yet."""
    course = site.modules[cmid]["course"]
    for user in site.reports[course]:
        items = site.reports[course][user]["gradeitems"]
        first = item_of(site, user, cmid)
        blank = {"graderaw": None, "gradedategraded": None, "gradedatesubmitted": None, "gradeformatted": "-"}
        items.insert(
            items.index(first) + 1, {**first, **blank, "id": first["id"] + 10_000, "itemnumber": number}
        )
    site.changes += 1


def add_late_penalty(site: MoodleSite, user: int, cmid: int) -> None:
    """Moodle 5 shows a red triangle behind a grade that was lowered."""
    item = item_of(site, user, cmid)
    item["gradeformatted"] += " " + PENALTY
    site.changes += 1


def set_gradepass(site: MoodleSite, cmid: int, gradepass: float) -> None:
    """An administrator changes the pass grade of an activity, without being a participant of the course."""
    site.set_gradepass(cmid, gradepass)
    course = site.courses[site.modules[cmid]["course"]]
    course["cacherev"] += 1
    site.changes += 1


def rename_role(site: MoodleSite, shortname: str) -> None:
    """The students of this site have a role of another name."""
    for rows in site.enrolled.values():
        for row in rows:
            for role in row["roles"]:
                if role["shortname"] == site.student_role:
                    role["shortname"] = shortname
    site.student_role = shortname
    site.changes += 1


def show_activity(site: MoodleSite, cmid: int) -> None:
    """The service's role gets the right to view an activity back."""
    site.hidden.discard(cmid)
    site.changes += 1


def set_completion(site: MoodleSite, course: int, user: int, moment: int) -> None:
    """Somebody completes a course, all of its conditions at this moment."""
    status = site.completions[course, user]
    for criterion in status["completions"]:
        criterion.update(complete=True, timecompleted=moment, status="Yes")
    status["completed"] = True
    site.changes += 1
