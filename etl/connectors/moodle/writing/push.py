"""One push to a site: settle what is unknown, then send courses, people, changes of people, enrolments, withdrawals."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl.connections import Connection
from etl.connectors.moodle.writing import excess, planning
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.courses import CourseChanges, NewCourses
from etl.connectors.moodle.writing.directory import Directory
from etl.connectors.moodle.writing.enrolments import Enrolments, Roster, Withdrawals
from etl.connectors.moodle.writing.imports import Imports, ImportSender
from etl.connectors.moodle.writing.people import AccountChanges, Accounts
from etl.connectors.moodle.writing.sending import Allowance, AnySender, Sender, SitePush, Tell, logged
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.connectors.moodle.writing.targets import (
    ACCOUNTS,
    CHANGES,
    COURSE_CHANGES,
    COURSES,
    ENROLMENTS,
    IMPORTS,
    WITHDRAWALS,
)
from etl.engine import ledger
from etl.engine.ledger import DueItem, Target
from etl.engine.pusher import Pusher, exclusive
from etl.errors import EtlError, GiveUp
from etl.load import rejections, runs
from etl.load.runs import Counts

FLOW: Final = "moodle_enrolments"
log = logging.getLogger(__name__)
# In the order in which they are sent.
TARGETS: Final = (COURSES, IMPORTS, COURSE_CHANGES, ACCOUNTS, CHANGES, ENROLMENTS, WITHDRAWALS)


@dataclass(frozen=True)
class Pushing:
    """What a push may do: ``at_most`` items in all where a person says so, else as many as the site's setting; it ends
    after ``stop_after``. ``only`` these kinds; ``items``: only these of them.
    """

    at_most: int | None = None
    stop_after: int | None = None
    only: Sequence[Target] = TARGETS
    items: frozenset[int] | None = None

    @property
    def by_itself(self) -> bool:
        """Does it go by itself, so that nobody confirmed anything?"""
        return self == Pushing()

    def chosen(self, due: Sequence[DueItem]) -> list[DueItem]:
        """Those of them that it is about."""
        return [one for one in due if self.items is None or one.item_id in self.items]

    def too_many(self, site: WritingSettings, due: int) -> GiveUp | None:
        """A mistaken import must not make thousands of accounts: what is due is counted before anything is sent."""
        allowed = site.at_most if self.at_most is None else self.at_most
        if (due if self.stop_after is None else min(due, self.stop_after)) <= allowed:
            return None
        return GiveUp(
            f"Moodle {site.source}: {due} accounts, enrolments and changes are due, and one run sends {allowed}"
            " (at_most): nothing was sent. Look at them (etl moodle enrolments preview); if they are right, send them"
            f" with --at-most {due}, or the DAG with as much"
        )


def push(
    engine: Engine,
    run_id: str,
    site: WritingSettings,
    connection: Connection,
    pushing: Pushing,
    tell: Tell = logged,
) -> None:
    """Send what is due to a site; a second push at the same time leaves it to the first.

    Ledger and report are complete before an error is raised: RetryLater when the next push will do better, GiveUp when
    a person has to act.
    """
    with exclusive(engine, ACCOUNTS, site.source) as pusher:
        if pusher is None:
            log.info("%s: another push is running; it is left to that one", site.source)
            return
        pusher.recover()
        with engine.connect() as session:
            waiting = any(ledger.due(session, target, site.source) for target in pushing.only)
        if not waiting:
            return
        with MoodleWriter(connection, engine) as writer:
            one = _SitePush(engine, run_id, site, writer, pusher, SitePush(connection.conn_id))
            problem = one.run(pushing, Allowance(pushing.stop_after, tell))
    if problem:
        raise problem


class _SitePush:
    """A push while it holds its site."""

    def __init__(
        self,
        engine: Engine,
        run_id: str,
        site: WritingSettings,
        writer: MoodleWriter,
        pusher: Pusher,
        account: SitePush,
    ) -> None:
        self._engine = engine
        self._run_id = run_id
        self._site = site
        self._writer = writer
        directory = Directory(engine, site, writer)
        participants = Roster(site, writer, directory)
        kinds = (
            NewCourses(site.source, writer),
            CourseChanges(site.source, writer),
            Accounts(site, writer, directory),
            AccountChanges(writer, directory),
            Enrolments(site, writer, participants),
            Withdrawals(writer, participants),
        )
        self._senders: dict[str, AnySender] = {
            kind.target.kind: Sender(engine, pusher, kind, account, run_id) for kind in kinds
        }
        imports = Imports(site.source, writer, engine)
        self._senders[IMPORTS.kind] = ImportSender(engine, pusher, imports, account, run_id)

    def run(self, pushing: Pushing, allowance: Allowance) -> EtlError | None:
        """Returns the problem that stopped it."""
        senders = [self._senders[target.kind] for target in pushing.only]
        settled = False
        for target, sender in zip(pushing.only, senders, strict=True):
            settled = sender.settle() or settled
            if sender.problem:
                self._record(target, Counts(), sender.problem)
                return sender.problem
        if settled:
            self._refresh()
        due = sum(len(pushing.chosen(sender.due())) for sender in senders)
        if too_many := pushing.too_many(self._site, due):
            return self._held_back(pushing, due, too_many)
        if pushing.items is None:
            with self._engine.begin() as session:
                excess.let_go(session, self._site)
        for target, sender in zip(pushing.only, senders, strict=True):
            if problem := self._send(target, sender, pushing, allowance):
                return problem
        return None

    def _held_back(self, pushing: Pushing, due: int, too_many: GiveUp) -> EtlError | None:
        """What goes by itself says it once; who asked for it is told each time."""
        if pushing.by_itself:
            with self._engine.begin() as session:
                if not excess.hold_back(session, self._site, due, too_many, self._run_id):
                    note = runs.Step(scope(self._site, pushing.only[0]), note=str(too_many))
                    runs.record_steps(session, self._run_id, "push", [note])
                    return None
        self._record(pushing.only[0], Counts(), too_many)
        return too_many

    def _send(
        self, target: Target, sender: AnySender, pushing: Pushing, allowance: Allowance
    ) -> EtlError | None:
        due = pushing.chosen(sender.due())
        if not due:
            return None
        before = self._writer.calls
        sender.send(due, allowance)
        self._record(target, sender.pushed(due, self._writer.calls - before), sender.problem)
        if target is ACCOUNTS:
            self._refresh()
        return sender.problem

    def _refresh(self) -> None:
        """Enrolments wait for accounts: those of people who have one now go, the others say why not."""
        with self._engine.begin() as session:
            for _ in planning.refresh(session, self._site):
                pass

    def _record(self, target: Target, counts: Counts, problem: EtlError | None) -> None:
        with self._engine.begin() as session:
            list_open_cases(session, self._run_id, self._site)
            step = runs.balanced(scope(self._site, target), counts, problem)
            runs.record_steps(session, self._run_id, "push", [step])


def scope(site: WritingSettings, target: Target) -> str:
    """How the report names one kind of what is sent to a site."""
    return f"{site.source}/{target.kind}"


def list_open_cases(session: Session, run_id: str, site: WritingSettings) -> None:
    """What a person may have to do something about is listed."""
    for target in TARGETS:
        cases = ledger.open_cases(session, target, site.source)
        rejections.replace(
            session, run_id, f"{FLOW}/{target.kind}", site.source, [site.source], cases, anew=False
        )
