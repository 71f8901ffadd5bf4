"""What a change of mappings would do, before it is made: the real derivation and planning, tried and taken back.

No site is asked for anything. What is told is what the change adds to what the next night would do without it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors import registry
from etl.connectors.coachview.results import RESULTS
from etl.connectors.pe_online.points import POINTS
from etl.db.trial import tried
from etl.engine.night import Connect
from etl.errors import DatabaseFault, EtlError
from etl.load import runs
from etl.words import counted

_POINTS: Final = {"target": POINTS.system, "kind": POINTS.kind}
_RESULTS: Final = {"target": RESULTS.system, "kind": RESULTS.kind}


@dataclass(frozen=True)
class Written:
    """How many are new, and how many that stood become others."""

    new: int
    changed: int


@dataclass(frozen=True)
class OfAccreditation:
    """Points of one accreditation: to be sent, to how many people, and those that would not be sent any more."""

    org_id: int
    source: str
    source_course_id: str
    pe_course: str
    points: int
    people: int
    held_back: int


@dataclass(frozen=True)
class Effect:
    """What a change would do.

    ``results`` are recorded without review, ``proposals`` wait for it. ``competences_fallen``: periods that would be
    taken back. ``registrations``: of parts of training requests; ``told``: results that Coachview would be told.
    ``courses_unread``: more courses than now that count and were never read, of which nothing is known. ``unknown``:
    what could not be worked out, and why.
    """

    results: Written
    proposals: Written
    completions: int
    enrolments: int
    competences: int
    competences_fallen: int
    registrations: Written
    told: int
    points: list[OfAccreditation]
    courses_unread: int
    unknown: list[str]

    @property
    def points_to_send(self) -> int:
        """Points of all accreditations that would be sent."""
        return sum(one.points for one in self.points)


def what_would_change(engine: Engine, connect: Connect, change: Callable[[Engine], object]) -> Effect:
    """Try ``change``, with all that follows from it, and say what that was. Nothing of it stays.

    Raises what ``change`` raises.
    """
    with tried(engine) as trial:
        _follow(trial, connect)  # what is due without the change is not its doing
        with trial.connect() as session:
            before = _totals(session, [])
            db.execute(session, "reference/effect.keep_ledger")
        change(trial)
        run_ids, unknown = _follow(trial, connect)
        with trial.connect() as session:
            after = _totals(session, run_ids)
            points = [
                OfAccreditation(**row) for row in db.rows(session, "reference/effect.points", **_POINTS)
            ]
            [told] = db.rows(session, "reference/effect.told", **_RESULTS)
    return _effect(before, after, told["results"], points, unknown)


def sentences(effect: Effect) -> list[str]:
    """The same in plain words, most important first; the last one says what stays as it is."""
    told = list(_sentences(effect))
    return [
        *(told or ["No result, point or competence would change."]),
        "What is recorded already stays recorded, whatever is mapped.",
    ]


def _follow(trial: Engine, connect: Connect) -> tuple[list[str], list[str]]:
    """Derive and plan all that follows from what the warehouse holds; returns the runs, and what they met."""
    run_ids, met = [], []
    for name, again in registry.again():
        with trial.begin() as session:
            run_id = runs.open_run(session, name)
        run_ids.append(run_id)
        try:
            again(trial, run_id, connect)
        except DatabaseFault:
            raise
        except EtlError as problem:
            met.append(str(problem))
        with trial.connect() as session:
            met += runs.problems(session, run_id)
    return run_ids, met


def _totals(session: Session, run_ids: list[str]) -> dict[str, int]:
    return dict(db.rows(session, "reference/effect.totals", run_ids=run_ids)[0])


def _effect(
    before: dict[str, int],
    after: dict[str, int],
    told: int,
    points: list[OfAccreditation],
    unknown: list[str],
) -> Effect:
    more = {name: after[name] - before[name] for name in after}

    def written(what: str) -> Written:
        return Written(more[what], after[f"{what}_written"] - more[what])

    return Effect(
        results=written("results"),
        proposals=written("proposals"),
        completions=more["completions"],
        enrolments=more["enrolments"],
        competences=after["competences"],
        competences_fallen=after["competences_fallen"],
        registrations=written("registrations"),
        told=told,
        points=points,
        courses_unread=more["courses_unread"],
        unknown=unknown,
    )


def _sentences(effect: Effect) -> Iterator[str]:
    for one in effect.points:
        where = f"PE-Online, orgID {one.org_id}, course {one.pe_course} ({one.source}/{one.source_course_id})"
        if one.points:
            people = counted(one.people, "person", "people")
            yield f"{where}: {counted(one.points, 'point')} to {people}; PE-Online has no undo"
        if one.held_back:
            yield f"{where}: {counted(one.held_back, 'point that waits', 'points that wait')} would not be sent"
    if effect.told:
        yield f"Coachview: {counted(effect.told, 'result')} told there; it takes none back"
    yield from _told(effect.results, "result", "results", "recorded")
    yield from _told(effect.proposals, "result", "results", "proposed for review")
    yield from _told(
        effect.registrations, "part of a training request", "parts of training requests", "registered"
    )
    totals: list[tuple[int, str, str]] = [
        (effect.completions, "completion of a course recorded", "completions of courses recorded"),
        (effect.enrolments, "enrolment completed", "enrolments completed"),
        (effect.competences, "competence given", "competences given"),
        (effect.competences_fallen, "competence taken back", "competences taken back"),
    ]
    yield from (counted(number, one, many) for number, one, many in totals if number)
    if effect.courses_unread > 0:
        unread = counted(
            effect.courses_unread, "course that would count was", "courses that would count were"
        )
        yield f"{unread} never read: what they give is known after a night"
    yield from (f"not known: {why}" for why in effect.unknown)


def _told(written: Written, one: str, many: str, how: str) -> Iterator[str]:
    if written.new:
        yield f"{counted(written.new, one, many)} {how}"
    if written.changed:
        yield f"{counted(written.changed, one, many)} changed"
