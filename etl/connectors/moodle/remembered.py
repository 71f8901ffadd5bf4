"""What a derivation keeps of courses and learners, so that the next one sees who differs (ops.derived_learners)."""

import json
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.answers import Answers
from etl.engine.sources import Source
from etl.load.merge import stage
from etl.transform.activity_outcomes import is_told
from etl.transform.positions import filled, shared_keys

_LEARNER: Final = ["scope", "user_id"]
_ACTIVITY: Final = ["scope", "activity_id", "module"]
_EXACT: Final = 2**52 - 1  # what a float holds too: of some learners it is missing
_KEPT: Final = [
    *_LEARNER, "listed", "reported", "idnumber", "client_code", "reason", "shown", "unmapped"
]  # fmt: skip


def keep_learners(
    session: Session, source: Source, learners: pd.DataFrame, reference_version: int, whole: list[str]
) -> None:
    """Remember these learners (see ``of_learners``); of the courses that were derived as a ``whole``, nobody else.

    ``reference_version``: of the reference data before they were read.
    """
    stage(session, "ops.derived_learners", learners[_KEPT])
    db.execute(session, "moodle/derived.forget_learners", source=source.source, scopes=whole)
    db.execute(
        session, "moodle/derived.learners_merge", source=source.source, reference_version=reference_version
    )


def keep_courses(session: Session, source: Source, courses: pd.DataFrame) -> None:
    """Remember what courses (see ``etl.connectors.moodle.due.Due``) were derived from, and what was shown in them."""
    columns = [
        "scope",
        "landing_id",
        "reference_version",
        "accounts_version",
        "facts",
        "people",
        "activities",
    ]
    rows = courses[columns].to_dict("records")
    db.execute(session, "moodle/derived.courses_merge", source=source.source, courses=json.dumps(rows))


def with_shown(courses: pd.DataFrame, answered: pd.DataFrame) -> pd.DataFrame:
    """Courses with the ``activities`` that were shown in them when all of it was read."""
    shown: dict[str, dict[str, str]] = {scope: {} for scope in courses["scope"].tolist()}
    columns = (answered[name].tolist() for name in ("scope", "activity_id", "module"))
    for scope, activity, module in zip(*columns, strict=True):
        shown[scope][str(activity)] = module
    return courses.assign(activities=[json.dumps(one) for one in shown.values()])


def of_learners(
    answers: Answers, links: pd.DataFrame, persons: pd.DataFrame, listed: pd.DataFrame, met: pd.DataFrame
) -> pd.DataFrame:
    """What is remembered of the learners that were looked at.

    ``persons``: see match_learners; ``listed``: scope, user_id of those who are among the participants; ``met``: of
    those who are looked at besides.
    """
    everybody = pd.concat([met[_LEARNER], persons[_LEARNER]]).drop_duplicates(ignore_index=True)
    reports, shape = answers.learners, shapes(answers.grades, links)
    who, *told = shared_keys(_LEARNER, everybody, persons, reports, shape, listed[_LEARNER].drop_duplicates())
    person, report, seen, place = (pd.Index(one).get_indexer(who) for one in told)
    return everybody.assign(
        client_code=filled(persons["client_code"], person),
        reason=filled(persons["reason"], person),
        reported=report >= 0,
        idnumber=filled(reports["user_idnumber"], report),
        listed=place >= 0,
        shown=np.append(shape["shown"].to_numpy(), 0)[seen],
        unmapped=filled(shape["unmapped"], seen).fillna("{}"),
    )


def reshaped(
    session: Session,
    source: Source,
    held: pd.DataFrame,
    answers: Answers,
    links: pd.DataFrame,
    still: pd.DataFrame,
) -> set[str]:
    """Courses in which a learner's report shows what nobody's did, or lacks what perhaps nobody's shows any more, or
    nobody has a grade any more for what has no unit: that concerns everybody in them. ``held``: what is
    remembered of the learners; ``still``: scope, activity_id, module of what others show.
    """
    shown = answers.grades[_ACTIVITY].drop_duplicates().astype({"scope": "str", "module": "str"})
    new = shown.merge(answers.answered, on=_ACTIVITY, how="left_anti")
    now = held.merge(shapes(answers.grades, links), on=_LEARNER, how="left", suffixes=("", "_now"))
    other = now[now["reported"] & (now["shown"].fillna(0) != now["shown_now"].fillna(0))]
    unseen = _shown_no_more(other, answers, pd.concat([shown, still]))
    return {*new["scope"], *unseen, *_graded_no_more(session, source, now, links)}


def _shown_no_more(other: pd.DataFrame, answers: Answers, shown: pd.DataFrame) -> set[str]:
    """Courses in which a report is an ``other`` one, and lacks something, and something is shown of nobody any more."""
    if other.empty:
        return set()
    gone = answers.answered.merge(shown, on=_ACTIVITY, how="left_anti")
    reported = answers.grades[[*_LEARNER, "activity_id"]].astype({"scope": "str"}).drop_duplicates()
    theirs = reported.groupby(_LEARNER).size().rename("theirs")
    of_all = answers.answered.groupby("scope").size().rename("of_all")
    now = other.join(theirs, on=_LEARNER).join(of_all, on="scope")
    lacks = now["theirs"].fillna(0) < now["of_all"].fillna(0)
    return set(now.loc[lacks & now["scope"].isin(gone["scope"]), "scope"])


def _graded_no_more(session: Session, source: Source, now: pd.DataFrame, links: pd.DataFrame) -> set[str]:
    """Courses in which a learner had a grade for what has no unit, and nobody has one now."""
    before = _unmapped(now, "unmapped")
    if before.empty:
        return set()
    there = _unmapped(now, "unmapped_now")
    lost = before.merge(pd.concat([there, links[there.columns]]), how="left_anti")
    if lost.empty:
        return set()
    others = db.query(
        session,
        "moodle/derived.graded_by_others",
        source=source.source,
        scopes=lost["scope"].tolist(),
        activities=lost["activity_id"].tolist(),
        seen_scopes=now["scope"].tolist(),
        seen_users=now["user_id"].tolist(),
    )
    return set(lost.merge(others, how="left_anti")["scope"])


def _unmapped(held: pd.DataFrame, name: str) -> pd.DataFrame:
    """The activities (scope, activity_id) of a column of arrays."""
    arrays = set(zip(held["scope"].tolist(), held[name].fillna("{}").tolist(), strict=True))
    found = {(scope, activity) for scope, array in arrays for activity in _numbers(array)}
    frame = pd.DataFrame(sorted(found), columns=["scope", "activity_id"])
    return frame.astype({"scope": "str", "activity_id": "int64"})


def mapped_now(held: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """The activities (scope, activity_id) in which learners have a grade and that had no unit, and have one now."""
    return _unmapped(held, "unmapped").merge(links[["scope", "activity_id"]].drop_duplicates())


def _numbers(array: str) -> list[int]:
    return [int(number) for number in array.strip("{}").split(",") if number]


def shapes(grades: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """For each learner (scope, user_id): shown, a hash over the activities in the report; unmapped, those without a
    unit in which there is a grade, as PostgreSQL writes an array.
    """
    scope = grades["scope"].astype("category").cat
    course, user = scope.codes.to_numpy(), grades["user_id"].to_numpy()
    # The rows of a learner stand together: adding up runs takes a tenth of the time of a group-by.
    starts = np.flatnonzero(np.r_[True, (course[1:] != course[:-1]) | (user[1:] != user[:-1])][: len(user)])
    hashes = pd.util.hash_array(grades["activity_id"].to_numpy()).view(np.int64)
    sums = np.add.reduceat(hashes, starts) if len(starts) else hashes
    runs = pd.DataFrame({"scope": course[starts], "user_id": user[starts], "shown": sums})
    found = runs.groupby(["scope", "user_id"], as_index=False)["shown"].sum()
    found["shown"] &= _EXACT
    found["scope"] = scope.categories.astype("str").take(found["scope"].to_numpy())
    free = grades[is_told(grades) & ~grades["activity_id"].isin(links["activity_id"]).to_numpy()]
    listed = free[[*_LEARNER, "activity_id"]].astype({"scope": "str", "activity_id": "str"}).drop_duplicates()
    arrays = listed.groupby(_LEARNER)["activity_id"].agg(",".join).rename("unmapped").reset_index()
    arrays["unmapped"] = "{" + arrays["unmapped"] + "}"
    return pd.DataFrame(found.merge(arrays, on=_LEARNER, how="left"))
