"""What a link between a course and a competence would change, made or removed, before it is saved."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine

from etl import db
from etl.engine.night import Connect
from etl.reference import effect
from etl.results import competence_decisions
from etl.words import counted

Link = tuple[str, str, str]  # source, course, competence


def of_link(engine: Engine, connect: Connect, link: Link, by: str) -> list[str]:
    """Sentences: historic participants, and what follows where the course gives the competence."""

    def change(trial: Engine) -> None:
        competence_decisions.link(trial, *link, by=by)

    found, told = _tried(engine, connect, link, change)
    return [
        f"{found['passed']} historic participants passed the course; {found['holding']} of them hold the competence"
        " now, which stays as it is",
        *told,
    ]


def of_unlink(engine: Engine, connect: Connect, link: Link, by: str) -> list[str]:
    """Sentences: who holds the competence by the course, and what follows where it gives it no more."""

    def change(trial: Engine) -> None:
        competence_decisions.unlink(trial, *link, by=by, reason="tried")

    found, told = _tried(engine, connect, link, change)
    return [
        f"{counted(found['by_it'], 'person holds', 'people hold')} the competence by this course, and keep it",
        "whoever passes the course from now on gets nothing for it",
        *told,
    ]


def _tried(
    engine: Engine, connect: Connect, link: Link, change: Callable[[Engine], None]
) -> tuple[Mapping[str, Any], list[str]]:
    named = dict(zip(("source", "source_course_id", "competence_code"), link, strict=True))
    told = effect.sentences(effect.what_would_change(engine, connect, change))
    with engine.connect() as session:
        [found] = db.rows(session, "results/competences.participants", **named)
    return found, told
