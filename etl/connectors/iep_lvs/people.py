"""Whose is which part of a UWLR message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from etl.connectors.iep_lvs.schema import RESULTS
from etl.engine import hardened
from etl.engine.people import NUMBER, IsGone
from etl.load.erased import Fact

_PUPIL: Final = f"{{{RESULTS}}}toetsafname"


@dataclass(frozen=True)
class WithoutPupils:
    """A message without some pupils (``left_out``); ``text``: None where nobody else is in it; ``keys``: of their
    results.
    """

    text: bytes | None
    keys: Sequence[str]
    left_out: int


def without(text: bytes, brin6: str, is_gone: IsGone) -> WithoutPupils:
    """The message as it was where none of them is in it. Raises Malformed where it cannot be read."""
    root = hardened.whole(text)
    pupils = list(root.iter(_PUPIL))
    gone = [one for one in pupils if is_gone(_facts(brin6, hardened.texts(one)))]
    if not gone:
        return WithoutPupils(text, [], 0)
    keys = [key for one in gone for inner in one.iter() if (key := inner.get("key"))]
    for one in gone:
        hardened.remove(one)
    whole = None if len(gone) == len(pupils) else etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return WithoutPupils(whole, keys, len(gone))


def _facts(brin6: str, said: dict[str, str]) -> list[Fact]:
    numbers = {"eckid": said.get("eckid"), f"leerlingid:{brin6}": said.get("leerlingid")}
    return [Fact(NUMBER, scheme, value) for scheme, value in numbers.items() if value]
