"""What is wished for courses, brought into the ledger: by a person, or because a course follows its occurrence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.writing.following import Following, follow_wishes, settings_of
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.connectors.moodle.writing.targets import COURSE_CHANGES, COURSES, IMPORTS, NOT_FOLLOWING
from etl.engine import ledger
from etl.engine.ledger import Target
from etl.errors import InvalidInput
from etl.load.runs import Counts

_COLUMNS: Final = (
    "source",
    "occurrence_code",
    "source_course_id",
    "import_from",
    "short_name",
    "full_name",
    "category_id",
    "startdate",
    "enddate",
    "visible",
    "asked_by",
)
_NUMBERS: Final = ["startdate", "enddate"]


@dataclass(frozen=True)
class WantedCourse:
    """A course that a person wants for an occurrence."""

    short_name: str
    full_name: str
    category_id: str
    template: str | None = None


def follow(session: Session, site: WritingSettings) -> Counts:
    """Bring up to date which courses are to take over dates and visibility."""
    found = db.rows(session, "moodle/course_writing.following", source=site.source, kind=COURSE_CHANGES.kind)
    wished = follow_wishes((Following(**row) for row in found), site.visible_when, site.timezone)
    _stage(session, site, COURSE_CHANGES, wished, ["source_course_id", "change"])
    offered, entered = _offer(session, COURSE_CHANGES, site.source)
    over = ledger.unwished(session, COURSE_CHANGES, site.source)
    ledger.withhold(session, COURSE_CHANGES, over, NOT_FOLLOWING)
    return ledger.planned(session, COURSE_CHANGES, len(wished), offered, entered)


def would_change(session: Session, site: WritingSettings) -> list[Mapping[str, Any]]:
    """Courses that would take over dates and visibility now, with what they would be told."""
    follow(session, site)
    due = [one.item_id for one in ledger.due(session, COURSE_CHANGES, site.source)]
    return db.rows(session, "moodle/course_writing.would_change", item_ids=due)


def want_course(
    session: Session, site: WritingSettings, occurrence: str, wanted: WantedCourse, by: str
) -> int:
    """Have a course made for an occurrence; returns the item of the ledger."""
    found = occurrence_named(session, occurrence)
    settings = settings_of(
        found["start_date"], found["finish_date"], found["status"], site.visible_when, site.timezone
    )
    names = {
        "short_name": wanted.short_name,
        "full_name": wanted.full_name,
        "category_id": wanted.category_id,
    }
    said = {"occurrence_code": found["occurrence_code"], "import_from": wanted.template, "asked_by": by}
    row = {**names, **vars(settings), **said}
    return _want(session, site, COURSES, row, ["occurrence_code"], by)


def told(session: Session, item_id: int) -> Mapping[str, Any]:
    """What the site would be told of a course that is wished for."""
    [row] = db.rows(session, "moodle/course_writing.told", item_id=item_id)
    return row


def want_templates(session: Session, site: WritingSettings) -> None:
    """Courses that were made to be filled are filled, whatever became of the process in between."""
    kinds = {"courses": COURSES.kind, "imports": IMPORTS.kind}
    for row in db.rows(session, "moodle/course_writing.unfilled", source=site.source, **kinds):
        course, template = row["source_course_id"], row["import_from"]
        want_import(session, site, row["occurrence_code"], course, template, row["asked_by"])


def want_import(
    session: Session, site: WritingSettings, occurrence: str, course: str, template: str, by: str
) -> int:
    """Have the content of a template brought into the course of an occurrence; returns the item of the ledger.

    Raises InvalidInput where that was done: it would all be there twice.
    """
    if course == template:
        raise InvalidInput(f"course {course} cannot be its own template")
    row = {"occurrence_code": occurrence, "source_course_id": course, "import_from": template, "asked_by": by}
    return _want(session, site, IMPORTS, row, ["source_course_id", "import_from"], by)


def occurrence_named(session: Session, code: str) -> dict[str, Any]:
    """An occurrence that the administration lists. Raises InvalidInput where it does not."""
    found = db.rows(session, "moodle/course_writing.occurrence", occurrence_code=code)
    if len(found) != 1:
        raise InvalidInput(f"occurrence {code}: the administration lists {len(found) or 'none'} of this code")
    return dict(found[0])


def _want(
    session: Session, site: WritingSettings, target: Target, row: dict[str, Any], key: list[str], by: str
) -> int:
    row = {**row, "status": "pending", "reason": None}
    [business_key] = _stage(session, site, target, [row], key)
    _offer(session, target, site.source)
    of = {"target": target.system, "kind": target.kind}
    [item] = db.rows(session, "moodle/course_writing.item", **of, business_key=business_key)
    if item["status"] == "accepted" and target is IMPORTS:
        raise InvalidInput(
            f"template {row['import_from']} was imported into course {row['source_course_id']} already; each import"
            " adds every activity again"
        )
    if item["status"] in ("accepted", "rejected"):  # gone since, or a person mended what was wrong
        ledger.resend(session, [item["item_id"]], by)
    return int(item["item_id"])


def _offer(session: Session, target: Target, account: str) -> tuple[list[int], list[int]]:
    of = {"target": target.system, "kind": target.kind}
    changed = _ids(session, "changed", **of)
    offered = ledger.offer(session, target, account, changed)
    return offered, _ids(session, "enter", **of, offered=offered)


def _stage(
    session: Session, site: WritingSettings, target: Target, wished: Sequence[dict[str, Any]], key: list[str]
) -> list[str]:
    """Returns the keys of the items."""
    columns = dict.fromkeys([*_COLUMNS, *key, "status", "reason"])
    rows = pd.DataFrame([{**row, "source": site.source} for row in wished], columns=list(columns))
    words = {code: target.words(code)["explanation"] for code in rows["reason"].dropna().unique()}
    items = rows.assign(
        business_key=ledger.business_keys(rows[["source", *key]]),
        record_key=rows["occurrence_code"],
        if_unknown="read_back",
        explanation=rows["reason"].map(words),
    )[[*ledger.ITEM, *_COLUMNS]]
    items[_NUMBERS] = items[_NUMBERS].astype("Int64")
    ledger.stage(session, target, site.source, items)
    return items["business_key"].tolist()


def _ids(session: Session, name: str, **parameters: Any) -> list[int]:
    return [row["item_id"] for row in db.rows(session, f"moodle/course_writing.{name}", **parameters)]
