"""What the stand-in for Coachview knows of requests, and every result that it was told."""

import csv
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from etl.sandbox.journal import Journal

_SAMPLE = Path(__file__).parents[1] / "data" / "reference"
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
    """``told``: person and course of every message that came in signed, in order: each pair is to come once.

    ``journal`` keeps those messages beyond this process.
    """

    journal: Journal = field(default_factory=Journal)
    parts: list[Part] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)

    def take_sample(self) -> None:
        """The requests of the sample, as its reference files have them, and what was told of them before."""
        parts, held = _sample("training_parts"), _sample("training_request_parts")
        done = {(row["request_code"], row["part_code"]) for row in held if row["finished"] == "true"}
        for request in _sample("training_requests"):
            asked = [part for part in parts if part["training_code"] == request["training_code"]]
            for part in asked:
                code, person = request["request_code"], request["external_id"] or request["person_id"]
                self.enrol(code, part["part_code"], person, part["course_id"])
                over = request["status"] == "finished" or (code, part["part_code"]) in done
                self.parts[-1].afgerond = over
        for line in self.journal.kept():
            self._register(**line)

    def enrol(self, request: str, part: str, person: str, course: str) -> None:
        """A learner asks for a training with an e-learning part."""
        self.parts.append(Part(request, part, person, course))

    def tell(self, said: dict[str, str]) -> int:
        """Register what a message says, which is kept before it is answered; the status of the answer."""
        at = datetime.now().isoformat()
        self.journal.add(said=said, at=at)
        return self._register(said, at)

    def _register(self, said: dict[str, str], at: str) -> int:
        person, course = said["PersoonExterneId"], said["Elearningcode"]
        self.told.append((person, course))
        found = [
            one for one in self.parts if (one.person, one.course) == (person, course) and not one.afgerond
        ]
        for part in found:
            part.afgerond, part.changed = True, datetime.fromisoformat(at)
            given = [name for name in ("Resultaat", "Presentie", "Slaging") if name in said]
            part.resultaat = said.get("Resultaat")
            part.aanwezig, part.geslaagd = said.get("Presentie") == "true", said.get("Slaging") == "true"
            part.akkoord, part.datumAkkoord = bool(given), said.get("DatumVoltooid") if given else None
        return 200 if found else 404

    def registered(self) -> list[dict[str, Any]]:
        """What it was told of each part, and how many times: nothing of the person."""
        times = Counter(self.told)
        return [
            {
                "request": one.opleidingsvraagId,
                "part": one.opleidingsonderdeelId,
                "result": one.resultaat,
                "presence": one.aanwezig,
                "passed": one.geslaagd,
                "approved_on": one.datumAkkoord,
                "times": times[one.person, one.course],
            }
            for one in self.parts
            if (one.person, one.course) in times
        ]

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


def _sample(name: str) -> list[dict[str, str]]:
    with (_SAMPLE / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
