"""Which learners are derived tonight: those of whom anything differs from what the last derivation knew.

What results depend on, all of it, and whom a change of it reaches:

| what | reaches | found by |
|---|---|---|
| a learner's own report, a completion | that learner | landed_since |
| the grade report of a course | of whom it says something else, or a completion is refused | told_anew, refused |
| the pass grade of an activity with a unit | who has a grade there and no verdict of the site | told_anew |
| the same, of an activity that no report shows | everybody in the course | told_anew |
| a list of participants | who came to it or left it | landed_since, listed |
| settings, links, mapped activities, what courses count for | see reach.REACHES | course_facts |
| enrolment, training plan, what is recorded | the learners of that client | enrolments_changed |
| clients, their numbers, accounts of the site | the learners who are somebody else now | people |
| which activities are shown of anybody | everybody in the course | remembered.reshaped |

The names are of statements in sql/moodle/derived.sql and of functions beside this one. What a person decides of results
that stand is looked at with the next of these changes. Whoever lets results depend on something else adds it here, and
to tests/connectors/moodle/test_learners_due.py.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle.landed import (
    COMPLETION,
    FLOW,
    GRADES,
    LATE,
    MODULE,
    USER_GRADES,
    USERS,
    LandedAnswers,
)
from etl.connectors.moodle.reach import reached, refused
from etl.connectors.moodle.told_anew import Anew, told_anew
from etl.engine.sources import Source
from etl.load import landing
from etl.results.claims import Claims
from etl.transform.completions import RESOURCE as COURSE_COMPLETION
from etl.transform.rejected import combined

# Grows when answers are read or judged otherwise: what was derived before is derived again.
_RULES: Final = "1"
_RESOURCES: Final = [USERS, GRADES, USER_GRADES, MODULE, COMPLETION]
_LEARNER: Final = ["scope", "user_id"]
_NOBODY: Final = pd.DataFrame({"scope": [], "user_id": []}).astype({"scope": "str", "user_id": "int64"})


@dataclass(frozen=True)
class Due:
    """What is to be derived.

    ``courses``, one row a scope: inputs, landing_id, reference_version, accounts_version, facts, people: what it is
    derived from; activities: what reports show in it, as JSON. ``whole``: the scopes of which all is derived, ``some``:
    those of which some learners are: ``learners`` (scope, user_id). ``lists``: lists of participants that changed, as
    one frame, with their ``unreadable`` rows. ``claims``: the scopes in which learners may be somebody else. ``anew``:
    what came in about everybody in courses.
    """

    courses: pd.DataFrame
    whole: Sequence[str]
    some: Sequence[str]
    learners: pd.DataFrame
    lists: pd.DataFrame
    unreadable: pd.DataFrame
    claims: Sequence[str]
    anew: Anew

    def known_of(self, scopes: Sequence[str]) -> pd.DataFrame:
        """What these courses are derived from."""
        return self.courses[self.courses["scope"].isin(list(scopes))]

    @property
    def links(self) -> pd.DataFrame:
        """The activities (scope, activity_id) with a unit, of the courses of which some learners are derived."""
        courses = self.known_of(self.some)
        rows = [
            (scope, int(activity))
            for scope, facts in zip(courses["scope"], courses["facts"], strict=True)
            for _, _, activity in json.loads(facts)["links"]
        ]
        return pd.DataFrame(rows, columns=["scope", "activity_id"]).astype(
            {"scope": "str", "activity_id": "int64"}
        )

    def without(self, scopes: Collection[str]) -> "Due":
        """The same without some of the courses of which only some learners are derived."""
        return self._of([scope for scope in self.some if scope not in scopes]) if scopes else self

    def parts(self, most: int) -> Iterator["Due"]:
        """The courses of which some learners are derived, up to so many learners at a time."""
        if len(self.learners) < most:
            yield self
            return
        place = self.learners.groupby("scope").size().reindex(list(self.some), fill_value=0).cumsum() // most
        for _, part in place.groupby(place.to_numpy()):
            yield self._of(part.index.tolist())

    def _of(self, some: Sequence[str]) -> "Due":
        learners, lists, unreadable = (
            frame[frame["scope"].isin(list(some))] for frame in (self.learners, self.lists, self.unreadable)
        )
        anew = self.anew.of(some)
        return replace(self, some=some, learners=learners, lists=lists, unreadable=unreadable, anew=anew)


NOTHING_KNOWN: Final = pd.DataFrame({"scope": [], "inputs": []}, dtype="str")


def inputs_of(session: Session, source: Source, scopes: Sequence[str]) -> dict[str, str]:
    """For each course a hash over all that it is derived from: when none of it changed, it is not looked at."""
    found = _courses(session, source, scopes)
    return dict(zip(found["scope"], found["inputs"], strict=True))


def due(engine: Engine, session: Session, source: Source, scopes: Sequence[str], *, again: bool) -> Due:
    """Whom of some courses to derive; with ``again`` everybody."""
    both = _differing(session, source, scopes, again=again)
    known_whole = both["inputs_known"].notna() & both["facts_known"].notna() & (not again)
    fresh = _landed_since(session, source, both.loc[known_whole, "scope"].tolist())
    of_all = fresh.loc[fresh["resource"].isin([GRADES, MODULE]), "scope"]
    anew = told_anew(session, source, both[both["scope"].isin(of_all)])
    whole = {*both.loc[~known_whole, "scope"], *anew.whole}
    found = reached(session, source, both[~both["scope"].isin(list(whole))])
    whole |= found.whole
    some = both[~both["scope"].isin(list(whole))]
    fresh = fresh[fresh["scope"].isin(some["scope"])]
    lists, unreadable = _lists(session, _of_lists(session, source, fresh, found.lists - whole))
    claims = some.loc[some["people"] != some["people_known"], "scope"].tolist()
    learners = _together(
        [
            _answered_for(fresh, anew),
            _moved(session, source, lists),
            _enrolled_otherwise(session, source, some),
            _others_now(engine, session, source, claims),
            found.learners,
            anew.learners,
            _refused_before(session, source, fresh),
        ]
    )
    nothing_shown = set(some.loc[some["activities"].eq("{}"), "scope"])
    # It has perhaps no learners, or its first.
    whole |= nothing_shown & {*fresh["scope"], *learners["scope"]}
    in_order = [scope for scope in both["scope"] if scope in whole]
    told = Due(both, in_order, some["scope"].tolist(), learners, lists, unreadable, claims, anew)
    return told.without(whole)


def _together(learners: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Learners that were found in several ways, each once."""
    found = [one[_LEARNER].astype(_NOBODY.dtypes) for one in learners if len(one)]
    return pd.concat([_NOBODY, *found]).drop_duplicates(ignore_index=True)


def _answered_for(fresh: pd.DataFrame, anew: Anew) -> pd.DataFrame:
    """Of whom an answer of their own came in, but for reports that are compared with a new one of the whole course."""
    compared = (fresh["resource"] == USER_GRADES) & fresh["scope"].isin(anew.scopes)
    theirs = fresh[fresh["resource"].isin([USER_GRADES, COMPLETION]) & ~compared]
    return theirs[["scope", "key"]].rename(columns={"key": "user_id"})


def _enrolled_otherwise(session: Session, source: Source, some: pd.DataFrame) -> pd.DataFrame:
    """The learners of clients of whom the administration says something else."""
    scopes = some.loc[some["reference_version"] != some["reference_version_known"], "scope"].tolist()
    return db.query(session, "moodle/derived.enrolments_changed", source=source.source, scopes=scopes)


def _refused_before(session: Session, source: Source, fresh: pd.DataFrame) -> pd.DataFrame:
    """Whose completion is refused, in courses with a new report."""
    reported = fresh.loc[fresh["resource"] == GRADES, "scope"].tolist()
    return refused(session, source, reported, COURSE_COMPLETION)


def _differing(session: Session, source: Source, scopes: Sequence[str], *, again: bool) -> pd.DataFrame:
    """The courses of which anything differs from what the last derivation knew, beside that; with ``again`` all."""
    now = _courses(session, source, scopes)
    known = _known(session, source, now["scope"].tolist())
    version = db.rows(session, "moodle/derived.accounts_version", source=source.source)[0]["version"]
    both = now.merge(known, on="scope", how="left", suffixes=("", "_known"))
    same = (both["inputs"] == both["inputs_known"]) & (both["accounts_version_known"] == version)
    return _with_facts(session, source, both[~same | again].reset_index(drop=True))


def _landed_since(session: Session, source: Source, scopes: Sequence[str]) -> pd.DataFrame:
    """Answers about courses that say something else than the last that was derived."""
    asked = {"source": source.source, "scopes": scopes, "resources": _RESOURCES, "flows": [FLOW, LATE]}
    return db.query(session, "moodle/derived.landed_since", **asked)


def _courses(session: Session, source: Source, scopes: Sequence[str]) -> pd.DataFrame:
    asked = {"source": source.source, "scopes": list(scopes), "resources": _RESOURCES, "rules": _RULES}
    return db.query(session, "moodle/derived.courses", **asked)


def _known(session: Session, source: Source, scopes: Sequence[str]) -> pd.DataFrame:
    known = db.query(session, "moodle/derived.known", flow=FLOW, source=source.source, scopes=scopes)
    return known.rename(columns={name: f"{name}_known" for name in ["accounts_version", "facts", "people"]})


def _with_facts(session: Session, source: Source, courses: pd.DataFrame) -> pd.DataFrame:
    """What the administration says of the courses and of the people among whom their learners are."""
    if courses.empty:
        return courses.assign(facts="", people="", accounts_version=0)
    scopes = courses["scope"].tolist()
    facts = db.query(session, "moodle/derived.course_facts", source=source.source, scopes=scopes)
    people = db.rows(session, "moodle/derived.people", source=source.source, scheme=source.user_scheme)[0]
    return courses.merge(facts, on="scope").assign(**people)


def _of_lists(session: Session, source: Source, fresh: pd.DataFrame, scopes: Collection[str]) -> list[int]:
    """The landings of lists that are new, and of those of some courses."""
    held = landing.index(session, source.source, scopes) if scopes else fresh
    found = pd.concat([fresh[["resource", "landing_id"]], held[["resource", "landing_id"]]])
    return sorted(set(found.loc[found["resource"] == USERS, "landing_id"]))


def _lists(session: Session, landings: Sequence[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Lists of participants with their scope, and their rows that cannot be read."""
    taken = LandedAnswers()
    for answer in landing.read(session, landings):
        taken.take(answer)
    return taken.participants(), combined(taken.rejected)


def _moved(session: Session, source: Source, lists: pd.DataFrame) -> pd.DataFrame:
    """Who came to a list of participants or left it."""
    scopes = lists["scope"].unique().tolist()
    before = db.query(session, "moodle/derived.listed", source=source.source, scopes=scopes)
    both = pd.concat([lists[_LEARNER].drop_duplicates(), before])
    return both.drop_duplicates(keep=False)


def _others_now(engine: Engine, session: Session, source: Source, scopes: Sequence[str]) -> pd.DataFrame:
    """Learners who are matched otherwise than they were."""
    held = db.query(session, "moodle/derived.learners", source=source.source, scopes=list(scopes))
    if held.empty:
        return held[_LEARNER]
    now = Claims(engine, source).reported(held[_LEARNER].assign(user_idnumber=held["idnumber"]))
    both = held.merge(now, on=_LEARNER, suffixes=("", "_now"))
    same = [both[name].fillna("") == both[f"{name}_now"].fillna("") for name in ["client_code", "reason"]]
    return both.loc[~(same[0] & same[1]), _LEARNER]
