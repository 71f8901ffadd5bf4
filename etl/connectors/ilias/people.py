"""Whose is which part of ILIAS's answers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from etl.connectors.ilias.derive import CHANGES, RESULTS, USERS
from etl.connectors.ilias.document import user_of, without_doctype
from etl.engine import hardened
from etl.engine.people import ACCOUNT, PERSON, IsGone
from etl.errors import Malformed
from etl.load.erased import Fact
from etl.load.landing import Answer

_NUMBERS: Final = ("Matriculation", "ExternalAccount")


@dataclass(frozen=True)
class IliasPeople:
    """Documents with an element for each person, who is known by the number of the account."""

    by_email: bool = False

    def without(self, source: str, answer: Answer, is_gone: IsGone) -> Answer | None:
        """See etl.engine.people. The key of an answer about users is their numbers."""
        try:
            root = hardened.whole(without_doctype(answer.body))
        except Malformed:
            return None

        def theirs(user: str, numbers: Iterable[str] = ()) -> bool:
            facts = [Fact(PERSON, source, number) for number in numbers]
            return is_gone([Fact(ACCOUNT, source, user), *facts])

        gone = [one for one, user, numbers in _users(answer.resource, root) if theirs(user, numbers)]
        users = answer.key.split(",") if answer.resource == USERS else []
        others = [user for user in users if not theirs(user)]
        if users and not others:
            return None
        if not gone and others == users:
            return answer
        for element in gone:
            hardened.remove(element)
        key = ",".join(others) if users else answer.key
        return replace(answer, key=key, body=etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _users(resource: str, root: etree._Element) -> Iterator[tuple[etree._Element, str, list[str]]]:
    """The elements that are about one person, with the number of the account, and those of the person."""
    if resource == CHANGES:
        yield from ((one, one.get("UserId", ""), []) for one in root.iter("LPChange"))
    elif resource == USERS:
        for one in root.iter("User"):
            said = hardened.texts(one)
            yield one, user_of(one) or "", [said[name] for name in _NUMBERS if name in said]
    elif resource == RESULTS:
        places = [one.get("idx", "") for one in root.iter("colspec") if one.get("name") == "user_id"]
        place = int(places[0]) if places and places[0].isdecimal() else 0
        rows = [(one, [(cell.text or "").strip() for cell in one]) for one in root.iter("row")]
        yield from ((one, cells[place], []) for one, cells in rows if place < len(cells))


PEOPLE: Final = IliasPeople()
