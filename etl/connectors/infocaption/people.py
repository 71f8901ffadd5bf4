"""Whose is which part of InfoCaption's answers."""

from typing import Final

from etl.connectors.infocaption.landed import CHANGES, PARTICIPANTS
from etl.engine.people import ACCOUNT, JsonPeople

PEOPLE: Final = JsonPeople(
    lists={PARTICIPANTS: "results", CHANGES: "results"}, fields={"userId": ACCOUNT}, by_email=True
)
