"""Revoke and restore competences, remove links: each with who, when and why in a history.

See docs/results.md, Competences.

A revoked competence is not deleted: it does not count while the revocation stands, and no night gives it again.
"""

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
) -> int:
    """Take a competence from one person, or (no ``client_code``) from everyone. Returns how many periods that ends."""
    with engine.begin() as session:
        audit.by(session, by, through)
        _open_decision(session, competence_code, client_code, by, reason)
        if _is_revoked(session, competence_code, client_code):
            raise InvalidInput(f"{_named(competence_code, client_code)} was revoked already")
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
) -> int:
    """Let a revoked competence count again, and let nights give it again. Returns how many periods come back.

    What was revoked from everyone is restored for everyone, what was revoked from a person for that person.
    """
    with engine.begin() as session:
        audit.by(session, by, through)
        _open_decision(session, competence_code, client_code, by, reason)
        if not _is_revoked(session, competence_code, client_code):
            everyone = client_code is not None and _is_revoked(session, competence_code, None)
            hint = "; it was revoked from everyone, and is restored for everyone" if everyone else ""
            raise InvalidInput(f"{_named(competence_code, client_code)} is not revoked{hint}")
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


def _is_revoked(session: Session, competence_code: str, client_code: str | None) -> bool:
    rows = db.rows(session, "results/competences.revoked", competence_code=competence_code)
    return client_code in {row["client_code"] for row in rows}


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
