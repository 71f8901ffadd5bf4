"""What the stand-in for Coachview knows of requests, and every result that it was told."""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

_HIDDEN = ("person", "course", "changed")


@dataclass
class Part:
    """An e-learning part of a learner's request, as the REST interface names its fields."""

    opleidingsvraagId: str  # noqa: N815
    opleidingsonderdeelId: str  # noqa: N815
    person: str
    course: str
    afgerond: bool = False
    resultaat: str | None = None
    aanwezig: bool = False
    geslaagd: bool = False
    akkoord: bool = False
    datumAkkoord: str | None = None  # noqa: N815
    changed: datetime = field(default_factory=datetime.now)


@dataclass
class Books:
    """``told``: person and course of every message that came in signed, in order: each pair is to come once."""

    parts: list[Part] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)

    def enrol(self, request: str, part: str, person: str, course: str) -> None:
        """A learner asks for a training with an e-learning part."""
        self.parts.append(Part(request, part, person, course))

    def tell(self, said: dict[str, str]) -> int:
        """Register what a message says; the status of the answer."""
        person, course = said["PersoonExterneId"], said["Elearningcode"]
        self.told.append((person, course))
        found = [
            one for one in self.parts if (one.person, one.course) == (person, course) and not one.afgerond
        ]
        for part in found:
            part.afgerond, part.changed = True, datetime.now()
            given = [name for name in ("Resultaat", "Presentie", "Slaging") if name in said]
            part.resultaat = said.get("Resultaat")
            part.aanwezig, part.geslaagd = said.get("Presentie") == "true", said.get("Slaging") == "true"
            part.akkoord, part.datumAkkoord = bool(given), said.get("DatumVoltooid") if given else None
        return 200 if found else 404

    def rows(self) -> list[dict[str, Any]]:
        """The parts as the REST interface shows them: nothing of the person."""
        return [
            {name: value for name, value in asdict(one).items() if name not in _HIDDEN}
            | {
                "id": f"{one.opleidingsvraagId}:{one.opleidingsonderdeelId}",
                "auditTrail": {"gewijzigdDatumTijd": one.changed.isoformat()},
            }
            for one in self.parts
        ]
