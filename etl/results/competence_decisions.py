"""Revoke and restore competences, remove links: each with who, when and why in a history.

See docs/results.md, Competences.

A revoked competence is not deleted: it does not count while the revocation stands, and no night gives it again.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.errors import InvalidInput
from etl.load import audit
from etl.load.audit import Through
from etl.results import competence_groups
from etl.results.competences import lock
from etl.results.decisions import check_reason


def revoke(
    engine: Engine,
    competence_code: str,
    client_code: str | None,
    by: str,
    reason: str,
    through: Through = "command",
    seen_at: datetime | None = None,
) -> int:
    """Take a competence from one person, or (no ``client_code``) from everyone. Returns how many periods that ends.

    ``seen_at``: when whoever decides saw how it stood; None where it does not matter. Raises InvalidInput, with who
    decided what, where it is revoked already or something else was decided since.
    """
    of: dict[str, Any] = {"competence_code": competence_code, "client_code": client_code}
    with engine.begin() as session:
        audit.by(session, by, through)
        _open_decision(session, competence_code, client_code, by, reason)
        last = _last(session, **of)
        if last and last["decision"] == "revoked":
            raise InvalidInput(
                f"{_named(**of)} was revoked already by {last['decided_by']}: {last['reason']}"
            )
        _check_as_seen(session, seen_at, **of)
        _record(session, "revoked", competence_code, client_code, by, reason)
        competence_groups.count_ahead(session)
        return _periods(session, competence_code, client_code)


def restore(
    engine: Engine,
    competence_code: str,
    client_code: str | None,
    by: str,
    reason: str,
    through: Through = "command",
    seen_at: datetime | None = None,
) -> int:
    """Let a revoked competence count again, and let nights give it again. Returns how many periods come back.

    What was revoked from everyone is restored for everyone, what was revoked from a person for that person.
    ``seen_at``: as ``revoke`` has it, and raises.
    """
    of: dict[str, Any] = {"competence_code": competence_code, "client_code": client_code}
    with engine.begin() as session:
        audit.by(session, by, through)
        _open_decision(session, competence_code, client_code, by, reason)
        last = _last(session, **of)
        if not last or last["decision"] == "restored":
            raise InvalidInput(f"{_named(**of)} is not revoked{_hint(session, last, **of)}")
        _check_as_seen(session, seen_at, **of)
        _record(session, "restored", competence_code, client_code, by, reason)
        competence_groups.count_ahead(session)
        return _periods(session, competence_code, client_code)


def link(
    engine: Engine,
    source: str,
    source_course_id: str,
    competence_code: str,
    by: str,
    through: Through = "command",
) -> None:
    """Have a published course give a competence, also to those who passed it before.

    Raises InvalidInput where the course is not published, where there is no such competence, or where it gives it
    already.
    """
    made = {"source": source, "source_course_id": source_course_id, "competence_code": competence_code}
    with engine.begin() as session:
        audit.by(session, by, through)
        db.rows(session, "reference/files.lock")
        known = db.rows(session, "results/competences.linkable", **made)[0]
        if not known["competence"]:
            raise InvalidInput(f"there is no competence {competence_code}; nothing was linked")
        if not known["course"]:
            raise InvalidInput(
                f"course {source_course_id} of {source} is not published, or was never seen; nothing was linked"
            )
        if not db.execute(session, "results/competences.link", **made):
            raise InvalidInput(
                f"course {source_course_id} of {source} gives competence {competence_code} already"
            )


def unlink(
    engine: Engine,
    source: str,
    source_course_id: str,
    competence_code: str,
    by: str,
    reason: str,
    through: Through = "command",
) -> None:
    """Remove the link between a course and a competence; the competences it gave stay."""
    link = {"source": source, "source_course_id": source_course_id}
    with engine.begin() as session:
        check_reason(by, reason)
        audit.by(session, by, through)
        db.rows(session, "reference/files.lock")
        if not db.execute(session, "results/competences.unlink", competence_code=competence_code, **link):
            raise InvalidInput(
                f"course {source_course_id} of {source} is not linked to competence {competence_code}"
            )
        _record(session, "unlinked", competence_code, None, by, reason, **link)


def _open_decision(
    session: Session, competence_code: str, client_code: str | None, by: str, reason: str
) -> None:
    check_reason(by, reason)
    lock(session, competence_code)
    known = db.rows(
        session, "results/competences.known", competence_code=competence_code, client_code=client_code
    )[0]
    if not known["competence"]:
        raise InvalidInput(f"there is no competence {competence_code}")
    if not known["client"]:
        raise InvalidInput(f"there is no client {client_code}")


def _last(session: Session, competence_code: str, client_code: str | None) -> Mapping[str, Any] | None:
    of = {"competence_code": competence_code, "client_code": client_code}
    return next(iter(db.rows(session, "results/competences.last_decision", **of)), None)


def _hint(
    session: Session, last: Mapping[str, Any] | None, competence_code: str, client_code: str | None
) -> str:
    everyone = client_code and _last(session, competence_code, None)
    if everyone and everyone["decision"] == "revoked":
        return "; it was revoked from everyone, and is restored for everyone"
    return f": {last['decided_by']} restored it already: {last['reason']}" if last else ""


def _check_as_seen(session: Session, seen_at: datetime | None, **of: Any) -> None:
    since = db.rows(session, "results/competences.decided_since", **of, since=seen_at) if seen_at else []
    for one in since:
        raise InvalidInput(
            f"{_named(**of)}: {one['decision']} meanwhile by {one['decided_by']}: {one['reason']}; look at it again"
        )


def _periods(session: Session, competence_code: str, client_code: str | None) -> int:
    held = db.rows(session, "results/competences.held", competence_code=competence_code)
    return sum(client_code in (None, row["client_code"]) for row in held)


def _record(
    session: Session,
    decision: str,
    competence_code: str,
    client_code: str | None,
    by: str,
    reason: str,
    source: str | None = None,
    source_course_id: str | None = None,
) -> None:
    db.execute(
        session,
        "results/competences.decide",
        decision=decision,
        competence_code=competence_code,
        client_code=client_code,
        source=source,
        source_course_id=source_course_id,
        decided_by=by,
        reason=reason,
    )


def _named(competence_code: str, client_code: str | None) -> str:
    return f"competence {competence_code} of {client_code or 'everyone'}"
