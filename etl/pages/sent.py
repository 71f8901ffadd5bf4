"""Where the items of the ledger are listed, whichever target they are sent to."""

from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlencode

from etl.connectors.moodle.writing.targets import ENROLMENTS
from etl.pages.access import RIGHTS
from etl.pages.host import Right

_PAGES: Final = {"pe_online": "points", "coachview": "registrations"}


def list_of(target: str, kind: str, status: str, reason: str) -> tuple[str, dict[str, str]]:
    """The page that lists items of a kind, and what it is asked; no page where none does.

    Of what is sent to a Moodle enrolments have a page; accounts and courses are told with all that was not recorded.
    """
    if target != "moodle":
        return _PAGES.get(target, ""), {"status": status} | ({"reason": reason} if reason else {})
    if kind == ENROLMENTS.kind:
        return "enrolments", {"reason": reason} if reason else {}
    return ("rejections", {"reason_code": reason}) if reason else ("", {})


def address(page: str, asked: Mapping[str, str], rights: Collection[Right]) -> str:
    """A page beside this one; empty where there is none, or none for this visitor."""
    return f"{page}?{urlencode(asked)}" if RIGHTS.get(page) in rights else ""
