"""Nothing disappears: rows that were not recorded are listed with a reason, open while the cause lasts."""

from collections.abc import Iterable
from typing import Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.load.merge import stage

COLUMNS = ["scope", "resource", "record_key", "reason_code", "reason"]
_STAGED: Final = [*COLUMNS, "learner"]


def open_of(session: Session, flow: str, source: str, scopes: Iterable[str]) -> pd.DataFrame:
    """The open rejections of this flow, source and scopes: scope, resource, record_key, reason_code, reason."""
    return db.query(session, "load/rejections.open_of", flow=flow, source=source, scopes=list(scopes))


def replace(
    session: Session,
    run_id: str,
    flow: str,
    source: str,
    scopes: Iterable[str],
    rejected: pd.DataFrame,
    *,
    anew: bool = True,
) -> None:
    """Make ``rejected`` the open rejections of this flow, source and scopes (courses, accounts ...).

    New ones are added, those met again are seen again, those no longer met are resolved by this run.
    ``rejected`` has the columns scope, resource, record_key, reason_code, reason, and learner where learners are told
    apart: ids only, no personal data.
    ``anew``: they are met because something was read; else because every run looks, which leaves what stands alone.
    """
    parameters = {"run_id": run_id, "flow": flow, "source": source}
    stage(session, "ops.rejections", rejected.reindex(columns=_STAGED))
    db.execute(session, "load/rejections.resolve", scopes=list(scopes), **parameters)
    db.execute(session, "load/rejections.open", anew=anew, **parameters)


def replace_some(
    session: Session,
    run_id: str,
    flow: str,
    source: str,
    learners: pd.DataFrame,
    lists: Iterable[str],
    kinds: Iterable[str],
    settled: pd.DataFrame,
    rejected: pd.DataFrame,
) -> None:
    """The same where only some learners (scope, user_id) were looked at, of some ``lists`` (scopes) rows of these
    ``kinds`` (resource/reason code) that are no learner's, and single rows (``settled``: scope, resource, record_key).
    What else is open stays open, for nobody has looked at it.
    """
    parameters = {"run_id": run_id, "flow": flow, "source": source}
    stage(session, "ops.rejections", rejected.reindex(columns=_STAGED))
    db.execute(
        session,
        "load/rejections.resolve_some",
        scopes=learners["scope"].tolist(),
        learners=learners["user_id"].astype("str").tolist(),
        lists=list(lists),
        kinds=list(kinds),
        **{f"settled_{name}": settled[name].tolist() for name in ["scope", "resource", "record_key"]},
        **parameters,
    )
    db.execute(session, "load/rejections.open", anew=True, **parameters)


def met(session: Session, run_id: str) -> pd.DataFrame:
    """What this run has rejected: source, scope, resource, record_key, reason_code, reason. A dry run asks before it
    takes everything back, and keeps the answer with ``keep_of_dry_run``.
    """
    return db.query(session, "load/rejections.met", run_id=run_id)


def keep_of_dry_run(session: Session, run_id: str, rejected: pd.DataFrame) -> None:
    """Keep what a dry run would reject (see ``met``) for its report."""
    stage(session, "ops.dry_run_rejections", rejected)
    db.execute(session, "load/rejections.of_dry_run", run_id=run_id)


def leave(session: Session, run_id: str, flow: str, source: str, scopes: Iterable[str]) -> None:
    """Resolve what is open of scopes (courses) other than these: nobody looks at them any more.

    When one comes back it is derived anew, so that what is wrong with it is listed again. ``flow`` stands for its
    polls too.
    """
    stay = list(scopes)
    flows = [flow, f"{flow}/poll"]
    db.execute(session, "load/rejections.leave", run_id=run_id, flows=flows, source=source, scopes=stay)
    db.execute(session, "load/derivations.forget", flow=flow, source=source, scopes=stay)


def leave_sources(session: Session, run_id: str, flow: str) -> None:
    """The same for every source that is out of use."""
    for row in db.rows(session, "load/rejections.sources", flows=[flow, f"{flow}/poll"]):
        leave(session, run_id, flow, row["source"], [])
