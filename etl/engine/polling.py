"""Polling courses of a site, whatever the system: one that fails does not stop the others."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar, Final, Generic, TypeVar

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl.engine import failpoint
from etl.engine.night import raise_problems
from etl.engine.options import Options
from etl.engine.people import People, Withheld
from etl.engine.sources import Source
from etl.errors import CapabilityMissing, EtlError, GiveUp, RejectRecord, RetryLater, Unusable
from etl.http.client import Client
from etl.http.width import at_once
from etl.load import erased, landing, rejections, runs
from etl.load.decisions import Decision
from etl.load.landing import Answer
from etl.load.runs import Counts, Step, balanced
from etl.transform.reasons import NO_OTHERS, reason
from etl.transform.rejected import combined, rejected_rows

COURSE: Final = "course"  # the resource of a course that could not be read as a whole
_IN_A_ROW: Final = 2  # so many calls, or courses, without an answer are not about single ones any more


class PolledCourse:
    """What was asked about one course: ``answers`` is what to land, ``rejected`` what could not be read, ``decision``
    why so much was asked. ``reasons``: sentences of reason codes that only the connector has.
    """

    reasons: ClassVar[Mapping[str, str]] = NO_OTHERS

    def __init__(self, client: Client, scope: str) -> None:
        self.scope = scope
        self.answers: list[Answer] = []
        self.rejected: list[pd.DataFrame] = []
        self.decision: Decision | None = None
        self.withheld: Withheld | None = None
        self._counter = client
        self._unanswered = 0
        self._calls, self._bytes = client.calls, client.bytes

    @property
    def cost(self) -> Counts:
        """The calls and bytes of this course."""
        return Counts(calls=self._counter.calls - self._calls, bytes=self._counter.bytes - self._bytes)

    def keep(self, resource: str, key: str, body: bytes) -> None:
        """An answer that is to be landed."""
        self.answers.append(Answer(self.scope, resource, key, body))

    def others(self, resource: str, body: bytes) -> bytes:
        """An answer about many, without whoever was erased on request."""
        if self.withheld is None:
            return body
        return self.withheld.others(Answer(self.scope, resource, "", body)).body

    def ask(self, resource: str, key: str, call: Callable[[str], bytes]) -> bytes | EtlError:
        """The answer about one learner or activity, kept; or the problem with it, which reaches no further.

        Raises RetryLater when calls in a row get no answer: then it is not about what was asked.
        """
        [(_, answer)] = self.ask_each(resource, [key], call)
        return answer

    def ask_each(
        self, resource: str, keys: Iterable[str], call: Callable[[str], bytes]
    ) -> Iterator[tuple[str, bytes | EtlError]]:
        """The same about several, in their order, as many at once as the site takes well."""
        for key, answer in at_once(self._counter.width, call, keys):
            yield key, self._kept(resource, key, answer)

    def _kept(self, resource: str, key: str, answer: bytes | EtlError) -> bytes | EtlError:
        if isinstance(answer, RetryLater):
            self._unanswered += 1
            if self._unanswered == _IN_A_ROW:
                raise answer
            return answer
        if isinstance(answer, EtlError):
            if not isinstance(answer, RejectRecord | CapabilityMissing | Unusable):
                raise answer
            self._unanswered = 0
            return answer
        self._unanswered = 0
        self.keep(resource, key, answer)
        return answer

    def forget(self, resource: str) -> None:
        """What came of this resource is asked anew."""
        self.answers = [one for one in self.answers if one.resource != resource]
        self.rejected = [rows for rows in self.rejected if not rows["resource"].eq(resource).any()]

    def reject_problem(self, resource: str, key: str, problem: EtlError) -> None:
        """What could not be read, as the error says."""
        self.reject(resource, key, reason_of(problem), str(problem))

    def reject(self, resource: str, key: str, code: str, seen: str = "") -> None:
        """What could not be read; ``seen`` goes after the sentence of the reason code."""
        self.rejected.append(self.listed(resource, f"{self.scope}/{key}", code, seen))

    def listed(self, resource: str, record_key: str, code: str, seen: str = "") -> pd.DataFrame:
        """A rejected row of this course."""
        rows = rejected_rows(
            pd.Series([self.scope]), resource, pd.Series([record_key]), code, own=self.reasons
        )
        return rows.assign(reason=f"{reason(code, self.reasons)} {seen}".strip())


def reason_of(problem: EtlError) -> str:
    """The reason code under which what an error concerns is listed."""
    if isinstance(problem, RejectRecord):
        return problem.reason_code
    if isinstance(problem, CapabilityMissing):
        return "access_denied"
    return "not_answered" if isinstance(problem, RetryLater) else "unusable_answer"


AnyPoll = TypeVar("AnyPoll", bound=PolledCourse)


class Polling(ABC, Generic[AnyPoll]):
    """How courses of a site are asked about; what a system gives to ``poll_each``. ``people``: whose is which part of
    its answers.
    """

    people: ClassVar[People | None] = None

    @abstractmethod
    def begin(self, scope: str) -> AnyPoll:
        """A course that nothing was asked about yet."""

    @abstractmethod
    def ask(self, poll: AnyPoll) -> None:
        """Ask what is to be known of the course and keep the answers."""

    @abstractmethod
    def ask_site(self) -> object:
        """A small call about no course."""


def poll_each(
    engine: Engine,
    run_id: str,
    flow: str,
    source: Source,
    scopes: Sequence[str],
    polling: Polling[AnyPoll],
) -> None:
    """Poll courses and store their answers; what goes wrong with one concerns that one.

    The site is given up (GiveUp, RetryLater) when an error is of the whole site, or when courses in a row cannot be
    asked and ``ask_site`` fails too; each course that is then not asked is a problem of the report. What single
    courses met is raised at the end: RetryLater where one said "later", else GiveUp.
    """
    problems: list[EtlError | None] = []
    with engine.connect() as session:
        known = erased.read(session)
    for position, scope in enumerate(scopes):
        poll = polling.begin(scope)
        poll.withheld = Withheld(known, polling.people, source.source)
        problem = _asked(poll, polling)
        problems.append(problem)
        of_the_site = _of_the_site(problems, polling.ask_site)
        _store(engine, run_id, flow, source, poll, problem)
        if of_the_site is not None:
            _not_asked(engine, run_id, source, scopes[position + 1 :], of_the_site)
            raise of_the_site
    raise_problems(problems, f"courses of {source.source} could not be read")


def unpolled(
    engine: Engine, run_id: str, source: Source, courses: Sequence[str], options: Options
) -> list[str]:
    """Not those that this run polled already; for past nights only those of which nothing was landed then."""
    with engine.connect() as session:
        done = runs.finished_scopes(session, run_id, "land")
        if None not in options.nights:
            done |= {_scope(source, one) for one in _landed_before(session, source, courses, options.nights)}
    return [course for course in courses if _scope(source, course) not in done]


def found_for(
    session: Session, source: Source, scopes: Sequence[str], night: datetime | None
) -> pd.DataFrame:
    """The landed answers of a night; a course of which nothing was landed by then counts as it is now."""
    found = landing.index(session, source.source, scopes, night)
    if night is None:
        return found
    rest = sorted(set(scopes) - set(found["scope"]))
    return pd.concat([found, landing.index(session, source.source, rest)], ignore_index=True)


def _asked(poll: AnyPoll, polling: Polling[AnyPoll]) -> EtlError | None:
    try:
        polling.ask(poll)
    except (GiveUp, RetryLater, RejectRecord) as problem:
        return problem
    return None


def _of_the_site(problems: Sequence[EtlError | None], ask_site: Callable[[], object]) -> EtlError | None:
    """What the last course met, or what the site itself says, when that is not about single courses."""
    last = problems[-1]
    if isinstance(last, GiveUp) and not isinstance(last, CapabilityMissing | Unusable):
        return last
    recent = problems[-_IN_A_ROW:]
    if len(recent) < _IN_A_ROW or not all(isinstance(one, RetryLater | Unusable) for one in recent):
        return None
    try:
        ask_site()
    except EtlError as problem:
        return problem
    return None


def _not_asked(engine: Engine, run_id: str, source: Source, scopes: Iterable[str], problem: EtlError) -> None:
    steps = [
        Step(_scope(source, scope), problem_code=problem.code, problem=f"not asked, because of: {problem}")
        for scope in scopes
    ]
    with engine.begin() as session:
        runs.record_steps(session, run_id, "land", steps)


def _landed_before(
    session: Session, source: Source, scopes: Sequence[str], nights: Iterable[datetime | None]
) -> set[str]:
    """The courses of which something was landed before each of these nights."""
    landed = [set(landing.index(session, source.source, scopes, night)["scope"]) for night in nights]
    return set(scopes).intersection(*landed)


def _scope(source: Source, course: str) -> str:
    return f"{source.source}/{course}"


def _store(
    engine: Engine, run_id: str, flow: str, source: Source, poll: PolledCourse, problem: EtlError | None
) -> None:
    """All answers of a course or none: a poll that broke off leaves the last good one as it was."""
    failpoint.point("land.polled")
    with engine.begin() as session:
        if problem is None:
            landing.land(session, run_id, source.source, _kept(session, poll))
            failpoint.point("land.stored")
        if problem is None or isinstance(problem, RejectRecord | CapabilityMissing | Unusable):
            rejected = _rejected(session, f"{flow}/poll", source, poll, problem)
            # resolved by the next poll, not by a derivation
            scopes = [poll.scope]
            rejections.replace(session, run_id, f"{flow}/poll", source.source, scopes, rejected, anew=False)
        note = poll.withheld.note if poll.withheld else None
        step = replace(
            balanced(_scope(source, poll.scope), poll.cost, problem), decision=poll.decision, note=note
        )
        runs.record_steps(session, run_id, "land", [step])
    failpoint.point("land.committed")


def _kept(session: Session, poll: PolledCourse) -> list[Answer]:
    """The answers to land. An account of somebody who was erased may first be known by a later one."""
    withheld = poll.withheld
    if withheld is None or not withheld.learned:
        return poll.answers
    for fact, erasure in withheld.learned.items():
        erased.keep(session, erasure, [fact])
    return [withheld.others(answer) for answer in poll.answers]


def _rejected(
    session: Session, flow: str, source: Source, poll: PolledCourse, problem: EtlError | None
) -> pd.DataFrame:
    """What could not be read of a course; where it broke off, also what was not looked at since it was listed."""
    if problem is None:
        return combined(poll.rejected)
    listed = poll.listed(COURSE, poll.scope, reason_of(problem), str(problem))
    before = rejections.open_of(session, flow, source.source, [poll.scope])
    return combined([*poll.rejected, listed, before[before["resource"] != COURSE]])
