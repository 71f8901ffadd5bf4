"""Relation numbers that a person enters one by one; client_numbers.csv brings many (docs/reference-files.md)."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.errors import InvalidInput
from etl.load import audit
from etl.load.audit import Through
from etl.transform.forms import of_form


def enter(
    engine: Engine,
    org_id: int,
    client_code: str,
    number: str,
    by: str,
    was: str | None = None,
    through: Through | None = None,
) -> None:
    """The number of a client in a profession group, from now on; points that wait for it go with the next push.

    ``was``: the number that whoever decides has seen, empty for none; None where it does not matter. Raises
    InvalidInput where it is another by now, where the form is not the group's, or where another client has the number.
    """
    if not by.strip():
        raise InvalidInput("say who enters it")
    number = number.strip()
    with engine.begin() as session:
        audit.by(session, by, through)
        db.rows(session, "reference/files.lock")
        found = db.rows(
            session, "pe_online/numbers.standing", org_id=org_id, client_code=client_code, number=number
        )
        if not found:
            raise InvalidInput(f"there is no profession group {org_id}, or no client {client_code}")
        _check(found[0], client_code, number, was)
        db.execute(session, "pe_online/numbers.own", client_code=client_code, scheme=found[0]["scheme"])
        db.execute(
            session,
            "pe_online/numbers.enter",
            client_code=client_code,
            scheme=found[0]["scheme"],
            number=number,
        )


def wanting(
    session: Session,
    org_id: int | None = None,
    client_code: str | None = None,
    after: tuple[str, int] = ("", 0),
    most: int | None = None,
) -> list[Mapping[str, Any]]:
    """Whose points wait for a number, or for another one, in the order of their codes: who comes after a client."""
    return db.rows(
        session,
        "pe_online/numbers.wanting",
        org_id=org_id,
        client_code=client_code,
        after_client=after[0],
        after_org=after[1],
        most=most,
    )


def _check(standing: Mapping[str, Any], client_code: str, number: str, was: str | None) -> None:
    """No number stands in a message: it is a person's."""
    who = f"client {client_code}"
    if was is not None and was != (standing["number"] or ""):
        raise InvalidInput(f"{who} has another number by now: look at it again; nothing was entered")
    if not of_form(pd.Series([number]), standing["number_pattern"])[0]:
        raise InvalidInput(
            f"{who}: what was entered does not have the form that the profession group asks for,"
            f" {standing['number_pattern']}; nothing was entered"
        )
    if standing["others"]:
        raise InvalidInput(f"{who}: {standing['others']} has this number already; nothing was entered")
