"""/control/pe: PE-Online's books and behaviour, to read and to change."""

from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from etl.sandbox.pe_online.ledger import BookedCourse, Ledger


@dataclass(frozen=True)
class PeOnlineSettings:
    """How this PE-Online behaves where the real one is known to differ, or not known well enough."""

    error_style: Literal["text", "code"] = "text"
    limit: int = 100
    first_line: int = 2  # its own example numbers the first row 2
    echo_pe_course: bool = True  # although the external code was sent
    registration_months: int | None = None


class ControlledPeOnline(Protocol):
    """What the routes change."""

    ledger: Ledger
    settings: PeOnlineSettings


class Behaviour(BaseModel):
    """Settings to change; what is absent stays."""

    error_style: Literal["text", "code"] | None = None
    limit: int | None = None
    echo_pe_course: bool | None = None
    registration_months: int | None = None


class Person(BaseModel):
    """A relation number, or a regular expression of many."""

    org_id: int
    number: str = ""
    pattern: str = ""


class Mode(BaseModel):
    """An account's mode: activation is a change from test to live."""

    mode: Literal["live", "test"]


def routes(pe: ControlledPeOnline) -> APIRouter:
    """Routes below /control/pe."""
    router = APIRouter()

    @router.get("/ledger")
    async def ledger() -> dict[str, list[dict[str, Any]]]:
        """Every booking, and every row that was received."""
        return {"bookings": pe.ledger.bookings(), "received": pe.ledger.received()}

    @router.post("/settings")
    async def change_settings(behaviour: Behaviour) -> None:
        """Change how it behaves."""
        pe.settings = replace(pe.settings, **behaviour.model_dump(exclude_unset=True))

    @router.post("/persons")
    async def add_person(person: Person) -> None:
        """Make a person known, or everybody whose number matches a pattern."""
        if person.pattern:
            pe.ledger.add_persons_like(person.org_id, person.pattern)
        if person.number:
            pe.ledger.add_person(person.org_id, person.number)

    @router.post("/courses")
    async def add_course(course: BookedCourse) -> None:
        """Accredit a course for a period."""
        pe.ledger.add_course(course)

    @router.post("/accounts/{user_id}/mode")
    async def set_mode(user_id: str, mode: Mode) -> None:
        """Activate an account, or put it back into test mode."""
        account = pe.ledger.account(user_id)
        if account is None:
            raise HTTPException(404, f"no account {user_id}")
        pe.ledger.add_account(replace(account, mode=mode.mode))

    return router
