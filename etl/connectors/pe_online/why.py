"""Why an accreditation point stands as it does: what made it count, under which number it goes, what became of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.pe_online.accreditation import RULE
from etl.errors import InvalidInput
from etl.results.why import changes, landed, sent
from etl.results.why.shape import Listed, Row, Why, newest_first

_TITLE: Final = "PE-Online"
_ACCREDITATION: Final = ("org_id", "source", "source_course_id", "valid_from")
_NUMBER: Final = ("client_code", "scheme")


def why_point(session: Session, item_id: int) -> Why:
    """What led to a point, by its number in the ledger. Raises InvalidInput where there is none."""
    found = db.rows(session, "pe_online/why.point", item_id=item_id)
    if not found:
        raise InvalidInput(f"there is no point {item_id}")
    point = found[0]
    granted, of_granted = _accreditations(session, point)
    number, of_number = _number(session, item_id)
    completions = db.rows(session, "pe_online/why.completion", item_id=item_id)
    offered = sent.offered(session, item_id, _TITLE)
    return Why(
        about=f"point {item_id}",
        subject=point,
        rule=[RULE, sent.stands(point)],
        inputs=[
            Listed("The point", [_shown(point)], facts=True),
            offered,
            Listed("Accreditations of the course, as they stood when it counted", granted),
            Listed("The completion", completions, "It is not recorded any more.", facts=True),
            Listed("Relation number", [number], facts=True),
        ],
        answers=[one for row in completions for one in _answers(session, row)],
        runs=landed.runs(session, [row["run_id"] for row in [*completions, *offered.rows]]),
        decisions=newest_first(
            sent.decided(session, item_id, _TITLE),
            db.rows(session, "pe_online/why.revoked", item_id=item_id),
            db.rows(session, "pe_online/why.pauses", item_id=item_id),
            of_granted,
            of_number,
        ),
        client_code=point["client_code"],
    )


def _shown(point: Row) -> Row:
    """As PE-Online is told it, and where it stands; why so is the rule's to say."""
    hidden = ("explanation", "org_id", "pe_course", "pe_module", "course_type")
    course = f"course {point['pe_course']}"
    if point["pe_module"]:
        course += f", module {point['pe_module']}"
    kept = {name: value for name, value in point.items() if name not in hidden}
    kept["end_date"] = datetime.fromisoformat(point["end_date"]).isoformat(" ", "minutes")
    return {**kept, "at PE-Online": f"{course}, type {point['course_type']}"}


def _accreditations(session: Session, point: Row) -> tuple[list[Row], list[Row]]:
    """Each line of the course in the group, in the version that counted for this point; and who changed them."""
    shown: list[Row] = []
    decided: list[Row] = []
    for row in db.rows(session, "pe_online/why.accreditations", item_id=point["point"]):
        key = {name: _text(row[name]) for name in _ACCREDITATION}
        changed = changes.of_row(session, "core.accreditations", key)
        decided += changes.as_decisions(changed, f"accreditation from {row['valid_from']}")
        counted = changes.as_it_was(row, changed, point["in_the_ledger_since"])
        if counted:
            shown.append({"made_it_count": _covers(counted, point), **_line(counted)})
    return shown, decided


def _text(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)


def _line(row: Row) -> Row:
    """An accreditation as people read it."""
    return {
        "valid_from": row["valid_from"],
        "valid_to": row["valid_to"],
        "PE course": row["pe_course_id"] or row["external_course_code"],
        "module": row["pe_module_id"] or row["external_module_code"],
        "course_type": row["course_type"],
        "removed_at": row["closed_at"],
    }


def _covers(row: Row, point: Row) -> bool:
    """Whether the point is of this line: its course and module, and its day inside the period."""
    line = _line(row)
    same = (line["PE course"], line["module"]) == (point["pe_course"], point["pe_module"])
    last = str(row["valid_to"] or "9999-12-31")
    return same and str(row["valid_from"]) <= point["end_date"][:10] <= last


def _number(session: Session, item_id: int) -> tuple[Row, list[Row]]:
    """The relation number with where it comes from, and who entered it."""
    [number] = db.rows(session, "pe_online/why.number", item_id=item_id)
    changed = changes.of_row(session, "core.client_numbers", {name: number[name] for name in _NUMBER})
    shown: Mapping[str, Any] = {
        "goes_under": number["goes_under"],
        "number_today": number["number_today"],
        "form_of_the_group": number["form_of_the_group"],
        "comes_from": _origin(number, changed),
    }
    return shown, changes.as_decisions(changed, "relation number")


def _origin(number: Row, changed: list[Row]) -> str | None:
    if number["number_today"] is None:
        return None
    if number["stated_by"]:
        return f"stated by {number['stated_by']}"
    if changed:
        return f"entered by {changed[0]['who']} ({changed[0]['through']})"
    return "client_numbers.csv"


def _answers(session: Session, completion: Row) -> list[Row]:
    return landed.of_learner(
        session,
        completion["source"],
        [completion["source_course_id"]],
        completion["client_code"],
        completion["run_id"],
        completion["recorded_at"],
    )
