"""What the landed answers say about some learners of courses, without reading what they say of everybody else."""

import json
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.answers import (
    Answers,
    completed_courses,
    pass_grades,
    told_nothing,
    with_pass_grades,
)
from etl.connectors.moodle.due import Due
from etl.connectors.moodle.landed import GRADES, MODULE, USER_GRADES, LandedAnswers, newest
from etl.connectors.moodle.told_anew import by_pass_grade
from etl.engine.sources import Source
from etl.load import landing
from etl.transform.positions import among
from etl.transform.rejected import combined

_LEARNER: Final = ["scope", "user_id"]


def some_answers(session: Session, source: Source, due: Due) -> tuple[Answers, pd.DataFrame]:
    """The answers about the learners who are due, and what is remembered of them (missing: not met yet), with
    ``listed`` as it is now and ``sure``: they are still who they were.
    """
    held = _held(session, source, due)
    shown = _shown(due)
    taken, modules = _taken(session, source, due, held)
    grades, learners, malformed = taken.reports()
    passes = {*_deciding(modules, grades, shown), *due.anew.passes["landing_id"].tolist()}
    for answer in landing.read(session, passes):
        taken.take(answer)
    completed, modules_read = completed_courses(taken, learners), pass_grades(taken)
    lists = due.lists
    listed = pd.concat(
        [lists[_LEARNER], held.loc[held["was_listed"] & ~held["scope"].isin(lists["scope"]), _LEARNER]]
    )
    theirs = listed.drop_duplicates().merge(held[_LEARNER], on=_LEARNER)
    answers = Answers(
        grades=grades,
        learners=learners,
        answered=shown,
        modules=modules_read,
        completed=completed,
        participants=lists,
        absent=told_nothing(theirs, learners, completed),
        rejected=combined([*malformed, due.unreadable]),
        malformed=sum(map(len, malformed)) + len(due.unreadable),
        names=with_pass_grades(due.anew.names, modules_read),
    )
    idnumbers = held[_LEARNER].merge(learners[[*_LEARNER, "user_idnumber"]], on=_LEARNER, how="left")
    same = idnumbers["user_idnumber"].fillna("").to_numpy() == held["idnumber"].fillna("").to_numpy()
    known = held["client_code"].notna() | held["reason"].notna()
    sure = known & same & ~held["scope"].isin(list(due.claims))
    return answers, held.assign(sure=sure, listed=among(held, theirs))


def _held(session: Session, source: Source, due: Due) -> pd.DataFrame:
    known = db.query(
        session,
        "moodle/derived.learners_due",
        source=source.source,
        scopes=due.learners["scope"].tolist(),
        users=due.learners["user_id"].tolist(),
    )
    held = due.learners.merge(known.rename(columns={"listed": "was_listed"}), on=_LEARNER, how="left")
    flags = {name: held[name].eq(True).astype("bool") for name in ["was_listed", "reported"]}
    return held.assign(**flags).sort_values(_LEARNER, ignore_index=True)


def _taken(
    session: Session, source: Source, due: Due, held: pd.DataFrame
) -> tuple[LandedAnswers, pd.DataFrame]:
    """The newest answers about them, of a whole report no more than is needed; and the index of what is landed of the
    activities of their courses.
    """
    found = newest(
        db.query(
            session,
            "moodle/derived.answers",
            source=source.source,
            scopes=held["scope"].tolist(),
            keys=held["user_id"].astype("str").tolist(),
        )
    )
    single = found.loc[found["resource"] == USER_GRADES, ["scope", "key"]]
    own = among(held, single.assign(user_id=single["key"].astype("int64")))
    # A new whole report may tell of somebody who had none before.
    maybe = held["reported"] | held["scope"].isin(list(due.anew.scopes))
    needed = held[maybe & ~own].groupby("scope")["user_id"].agg(set).to_dict()
    modules = found["resource"] == MODULE
    theirs = found[~modules & ((found["resource"] != GRADES) | found["scope"].isin(list(needed)))]
    taken = LandedAnswers()
    for answer in landing.read(session, theirs["landing_id"].tolist()):
        taken.take(answer, needed.get(answer.scope) if answer.resource == GRADES else None)
    return taken, found[modules]


def _deciding(modules: pd.DataFrame, grades: pd.DataFrame, shown: pd.DataFrame) -> list[int]:
    """The pass grades that decide something, of an index of landings: those that a grade is compared with, since the
    site gives no verdict of its own, and those of activities that no report shows.
    """
    compared = grades.loc[by_pass_grade(grades), "activity_id"]
    numbered = modules.assign(activity_id=modules["key"].astype("int64"))
    unseen = numbered.merge(shown, on=["scope", "activity_id"], how="left_anti")
    decided = numbered[numbered["activity_id"].isin(compared)]
    return sorted({*decided["landing_id"], *unseen["landing_id"]})


def _shown(due: Due) -> pd.DataFrame:
    """What the reports of a course show of anybody, as it was when all of them were read last."""
    courses = due.known_of(due.some)
    rows = [
        (scope, int(activity), module)
        for scope, activities in zip(courses["scope"], courses["activities"], strict=True)
        for activity, module in json.loads(activities).items()
    ]
    return pd.DataFrame(rows, columns=["scope", "activity_id", "module"]).astype(
        {"scope": "str", "activity_id": "int64", "module": "str"}
    )
