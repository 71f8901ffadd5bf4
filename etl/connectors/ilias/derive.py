"""From landed answers of an ILIAS site to reported completions; all of it in the transaction of ``session``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.ilias import document
from etl.connectors.ilias.account import IliasAccount
from etl.connectors.ilias.waiting import ToAsk, to_ask, verdicts
from etl.engine import failpoint
from etl.load import landing, rejections
from etl.load.landing import Landed
from etl.load.merge import merge, put, stage
from etl.load.runs import Counts
from etl.results import registrations
from etl.transform.rejected import combined

SYSTEM: Final = "ilias"
FLOW: Final = "ilias_completions"
CHANGES, USERS, RESULTS = "changes", "users", "results"
_READING: Final = f"{FLOW}/reading"  # malformed rows of answers: resolved by the next answer, not by each run
_SITE: Final = ""  # the scope of what is of a site as a whole
_MOMENT: Final = "%Y-%m-%d %H:%M:%S"
_DAY: Final = timedelta(days=1)
_KEYS: Final = ["user_id", "object_id", "completed_at"]


@dataclass(frozen=True)
class Site:
    """An integration whose completions are polled of ILIAS, with the settings of its connection."""

    integration: str
    timezone: str
    sends_result: bool
    account: IliasAccount

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the site's clock, and of its days."""
        return ZoneInfo(self.timezone)

    def clock(self, now: datetime) -> str:
        """A moment by the clock of the site."""
        return now.astimezone(self.zone).strftime(_MOMENT)


@dataclass(frozen=True)
class State:
    """How far a site was read: the newest change by its clock, and the last answer that was derived."""

    seen_to: str | None
    derived_to: int


@dataclass(frozen=True)
class Seen:
    """What answers about progress gave; ``seen_to``: the newest change, None where something cannot be read."""

    counts: Counts
    seen_to: str | None


def state(session: Session, name: str) -> State:
    """How far a site was read."""
    found = db.rows(session, "ilias/completions.state", integration=name)
    return State(**found[0]) if found else State(None, 0)


def lock(session: Session, site: Site) -> None:
    """One run at a time derives a site."""
    db.execute(session, "load/locks.take", lock=f"derive/{SYSTEM}/{site.integration}")


def earlier(moment: str, by: timedelta) -> str:
    """A moment of a site's clock, so much before another: by the clock, which is what the site compares."""
    return f"{datetime.strptime(moment, _MOMENT) - by:{_MOMENT}}"


def landed(session: Session, site: Site, past: datetime | None) -> dict[str, list[int]]:
    """Answers that are to be derived, by what they are: those since the last one, or those of a past night."""
    bounds: dict[str, Any] = {"derived_to": 0, "since": past and past - _DAY, "until": past}
    if past is None:
        bounds["derived_to"] = state(session, site.integration).derived_to
    found: dict[str, list[int]] = {CHANGES: [], USERS: [], RESULTS: []}
    for row in db.rows(session, "ilias/completions.landed", integration=site.integration, **bounds):
        found[row["resource"]].append(row["landing_id"])
    return found


def see(session: Session, run_id: str, site: Site, landings: Sequence[int], now: datetime) -> Seen:
    """Record the completions that answers show. The first time that one is seen stands."""
    counts, newest, malformed = Counts(), "", []
    given = {"integration": site.integration, "run_id": run_id}
    for answer in landing.read(session, landings):
        decoded = document.decode_changes(answer.body, site.zone)
        rows = decoded.frame
        completed = rows[rows["status"] == document.COMPLETED]
        fresh = completed.drop_duplicates(_KEYS).drop(columns=["status", "changed"])
        merged = merge(
            session, "core.ilias_completions", fresh.assign(landing_id=answer.landing_id),
            "ilias/completions.seen", **given,
        )  # fmt: skip
        counts += Counts(
            read=len(rows) + len(decoded.rejected),
            written=merged.written,
            unchanged=merged.unchanged + len(completed) - len(fresh),
            rejected=len(decoded.rejected),
            ignored=len(rows) - len(completed),
        )
        newest = max(newest, rows["changed"].max() if len(rows) else "")
        malformed.append(decoded.rejected.assign(scope=_SITE, resource="progress"))
    if landings:
        rejections.replace(
            session, run_id, _READING, site.integration, [_SITE], combined(malformed), anew=False
        )
    # A change that is still to come by the site's clock would hide those before it.
    seen_to = min(newest, site.clock(now)) if newest and not counts.rejected else None
    return Seen(counts, seen_to)


def learn(session: Session, run_id: str, site: Site, users: Sequence[int], results: Sequence[int]) -> None:
    """Keep the numbers of users and the marks that answers show."""
    for answer in landing.read(session, users):
        put(
            session,
            "core.ilias_users",
            _users(answer),
            "ilias/completions.users",
            integration=site.integration,
        )
    for answer in landing.read(session, results):
        _marks(session, run_id, site, answer)


def asked_for(session: Session, site: Site, *, again: bool) -> ToAsk:
    """Which users and tests are to be asked about now."""
    return to_ask(_waiting(session, site), with_marks=site.sends_result, again=again)


def hand_on(session: Session, run_id: str, site: Site) -> Counts:
    """Report the completions whose person is known, and whose mark, where there is to be one; list the others."""
    definition = registrations.definition_of(session, site.integration)
    found = _waiting(session, site)
    judged = verdicts(found, with_marks=site.sends_result)
    ready = judged.ready.assign(
        reported_at=judged.ready["recorded_at"],
    )
    said = ["person_id", "course_id", "completed_at", "completed_on", "points", "maximum", "reported_at"]
    registrations.take(session, site.integration, ready[said].drop_duplicates(said[:3]), definition)
    failpoint.point("ilias.reported")
    written = put(
        session, "core.ilias_reported", ready[[*_KEYS, "course_id", "person_id"]],
        "ilias/completions.reported", integration=site.integration, run_id=run_id,
    )  # fmt: skip
    rejections.replace(session, run_id, FLOW, site.integration, [_SITE], judged.rejected, anew=False)
    return Counts(read=len(found), written=written, rejected=len(found) - len(ready))


def advance(session: Session, site: Site, seen: Seen, landed: Mapping[str, Sequence[int]]) -> None:
    """What was landed is derived: the next run goes on from there."""
    last = max(chain(*landed.values()), default=None)
    if last is not None:
        given = {"integration": site.integration, "seen_to": seen.seen_to, "derived_to": last}
        db.execute(session, "ilias/completions.advance", **given)


def _waiting(session: Session, site: Site) -> pd.DataFrame:
    tests = site.account.tests
    asked = {"courses": list(tests), "tests": list(tests.values()), "person_field": site.account.person_field}
    return db.query(session, "ilias/completions.waiting", integration=site.integration, **asked)


def _users(answer: Landed) -> pd.DataFrame:
    """The users that were asked for; who is not in the answer is not there, unless something in it cannot be read."""
    decoded = document.decode_users(answer.body)
    shown = decoded.frame.assign(known=True)
    missing = [one for one in answer.key.split(",") if one not in set(shown["user_id"])]
    absent = pd.DataFrame(
        {"user_id": missing, "matriculation": None, "external_account": None, "known": False}
    )
    parts = [shown] if len(decoded.rejected) or absent.empty else [shown, absent]
    rows = pd.concat(parts, ignore_index=True).astype(object)
    return rows.assign(known=rows["known"].astype("bool"), read_at=answer.landed_at)


def _marks(session: Session, run_id: str, site: Site, answer: Landed) -> None:
    decoded = document.decode_results(answer.body)
    courses = [course for course, test in site.account.tests.items() if test == answer.key]
    shown = decoded.frame.drop_duplicates("user_id", keep=False)
    given: dict[str, Any] = {"integration": site.integration, "test": answer.key, "courses": courses}
    given |= {"landing_id": answer.landing_id, "read_at": answer.landed_at}
    stage(session, "core.ilias_marks", shown)
    db.execute(session, "ilias/completions.marks", **given)
    scope = f"test {answer.key}"
    malformed = decoded.rejected.assign(scope=scope, resource="result")
    rejections.replace(
        session, run_id, _READING, site.integration, [scope], combined([malformed]), anew=False
    )
