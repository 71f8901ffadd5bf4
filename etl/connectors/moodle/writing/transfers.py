"""Having enrolments and people sent: what commands and pages call, each with who asks for it (``by``).

What is asked for stands in the ledger, so it may be watched (``asked.occurrences``, ``asked.enrolments``) and stopped
(``asked.stop``) from any other process while it is sent.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl.connectors.moodle.writing import asked, flow
from etl.connectors.moodle.writing import push as site_push
from etl.connectors.moodle.writing.asked import Choice, Items
from etl.connectors.moodle.writing.preview import Line, WouldSend
from etl.connectors.moodle.writing.push import Pushing
from etl.connectors.moodle.writing.sending import Tell, logged
from etl.connectors.moodle.writing.settings import written_site, written_sites
from etl.connectors.moodle.writing.targets import CHANGES, COURSE_CHANGES, WITHDRAWALS
from etl.engine import ledger, night
from etl.engine.ledger import Target
from etl.engine.night import Connect
from etl.engine.options import Options
from etl.errors import InvalidInput
from etl.load import audit, runs
from etl.load.audit import Through

Way = Literal["suspend", "unenrol"]


@dataclass(frozen=True)
class Sent:
    """The run in which it was sent: how it ended, what it met, how much was done, and how much was asked for and not
    sent, which nobody asks for any more.
    """

    run_id: str
    status: str
    problems: list[str]
    written: int
    left: int = 0


def preview(engine: Engine, connect: Connect, choice: Choice, most: int | None = None) -> list[Line]:
    """Exactly what a transfer of these enrolments would send now; nothing is written. It holds names and addresses.

    ``most``: raises InvalidInput, before the site is asked, where more would be sent.
    """
    with engine.connect() as session:
        items = asked.ask(session, choice, "preview").items
        if most is not None and (sent := sum(map(len, items.values()))) > most:
            raise InvalidInput(
                f"{sent} accounts and enrolments would be sent; at most {most} are shown at once"
            )
        would = [
            WouldSend.read(session, site, items.get(site.source, frozenset()))
            for site in written_sites(session)
        ]
        session.rollback()
    return [line for one in would for line in one.of_enrolments(engine, connect(one.site.connection_id))]


def transfer(
    engine: Engine,
    connect: Connect,
    choice: Choice,
    by: str,
    pushing: Pushing | None = None,
    tell: Tell = logged,
) -> Sent:
    """Send the enrolments of a choice, with the accounts that they need, and say how far it is (``tell``).

    It may be stopped at any moment (``asked.stop``, Ctrl-C) and begun again. Raises InvalidInput, with nothing asked
    for, where more is due than the site allows, or it may not be sent to.
    """
    pushing = pushing or Pushing()
    return _asked_and_sent(
        engine, connect, lambda session: asked.ask(session, choice, by).items, by, pushing, tell
    )


def have_sent(engine: Engine, connect: Connect, choice: Choice, by: str, through: Through) -> int:
    """Have the enrolments of a choice sent by the next run of the flow; returns how many were not on their way before.

    Raises InvalidInput, with nothing asked for, where ``transfer`` would, or where nothing is ready.
    """
    with engine.begin() as session:
        audit.by(session, by, through)
        ready = asked.ask(session, choice, by)
        if not ready.items:
            raise InvalidInput("nothing is ready any more: each is transferred or blocked")
        _check(session, connect, ready.items, Pushing())
    return ready.anew


def withdraw(
    engine: Engine,
    connect: Connect,
    codes: Sequence[str],
    how: Way,
    by: str,
    tell: Tell = logged,
) -> Sent:
    """Suspend transferred enrolments in Moodle, or take them out of their course, withdrawn or not."""
    pushing = Pushing(only=(WITHDRAWALS,))
    ask = partial(asked.ask_withdrawal, codes=codes, how=how, by=by)
    return _asked_and_sent(engine, connect, ask, by, pushing, tell)


def preview_people(engine: Engine) -> list[Line]:
    """Exactly which fields of whose account would be changed; nothing is written. It holds names and addresses."""
    with engine.connect() as session:
        asked.refresh_all(session)
        lines = [
            line for site in written_sites(session) for line in WouldSend.read(session, site).of_people()
        ]
        session.rollback()
    return lines


def sync_people(
    engine: Engine, connect: Connect, pushing: Pushing | None = None, tell: Tell = logged
) -> Sent:
    """Send what changed of people whose account is known, and nothing else."""
    return _due_sent(engine, connect, CHANGES, None, pushing or Pushing(), tell)


def follow(
    engine: Engine, connect: Connect, source: str, pushing: Pushing | None = None, tell: Tell = logged
) -> Sent:
    """Give the courses of a site that follow an occurrence its dates and visibility, where they differ."""
    return _due_sent(engine, connect, COURSE_CHANGES, source, pushing or Pushing(), tell)


def _asked_and_sent(
    engine: Engine, connect: Connect, ask: Callable[[Session], Items], by: str, pushing: Pushing, tell: Tell
) -> Sent:
    with engine.begin() as session:
        items = ask(session)
        _check(session, connect, items, pushing)
    left = 0
    try:
        sent = _send(engine, connect, items, pushing, tell)
    finally:
        with engine.begin() as session:
            left = asked.take_back(session, items, by)
    return replace(sent, left=left)


def _due_sent(
    engine: Engine, connect: Connect, target: Target, source: str | None, pushing: Pushing, tell: Tell
) -> Sent:
    pushing = replace(pushing, only=(target,))
    with engine.begin() as session:
        asked.refresh_all(session)
        due = {
            site.source: frozenset(one.item_id for one in ledger.due(session, target, site.source))
            for site in written_sites(session)
            if source in (None, site.source)
        }
        items = {site: item_ids for site, item_ids in due.items() if item_ids}
        _check(session, connect, items, pushing)
    return _send(engine, connect, items, pushing, tell)


def _check(session: Session, connect: Connect, items: Items, pushing: Pushing) -> None:
    """Raises InvalidInput where a site may not be sent these items; what was asked for is then taken back."""
    for source, chosen in items.items():
        site = written_site(session, source)
        if not flow.may_be_sent(site, connect):
            raise InvalidInput(f"{source}: in test, or paused; nothing was sent")
        if too_many := pushing.too_many(site, len(chosen)):
            raise InvalidInput(str(too_many))


def _send(engine: Engine, connect: Connect, items: Items, pushing: Pushing, tell: Tell) -> Sent:
    run_id = flow.open_run(engine, Options(at_most=pushing.at_most))

    def tasks() -> Iterator[Callable[[], object]]:
        for source, chosen in sorted(items.items()):
            only = replace(pushing, items=chosen)
            yield partial(_send_to, engine, connect, run_id, source, only, tell)

    run_id, status = night.whole_run(engine, run_id, tasks(), partial(flow.finish, engine, run_id))
    with engine.connect() as session:
        return Sent(run_id, status, runs.problems(session, run_id), runs.written(session, run_id))


def _send_to(
    engine: Engine, connect: Connect, run_id: str, source: str, pushing: Pushing, tell: Tell
) -> None:
    with engine.connect() as session:
        site = written_site(session, source)
    site_push.push(engine, run_id, site, connect(site.connection_id), pushing, tell)
