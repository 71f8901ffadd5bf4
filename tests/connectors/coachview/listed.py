"""What Coachview's lists hold in tests: the fields that are used, and the moment of the last change."""

from dataclasses import replace
from datetime import datetime, timedelta

LISTS = (
    "Opleidingen",
    "Opleidingsonderdelen",
    "Opleidingsvragen",
    "Personen",
    "Opleidingsonderdeeluitvoeringen",
)
NAMES = ("Nora", "Zandstra", "van der", "nora@example.org")


def changed(days_ago=0):
    """What a row says of its last change."""
    return {"auditTrail": {"gewijzigdDatumTijd": (datetime.now() - timedelta(days=days_ago)).isoformat()}}


class Lists:
    """The lists of a stand-in, to be filled row by row."""

    def __init__(self, coachview):
        self.lists = coachview.lists

    def training(self, code, name="Safe at work", days_ago=30, **more):
        self._add(0, days_ago, id=code, code=f"{code}-77", naam=name, opleidingStatusId="Definitief", **more)

    def part(self, code, training, course, environment=7, days_ago=30, name="Theory", **more):
        self._add(1, days_ago, id=code, naam=name, opleidingId=training, elearningCode=course,
                  elearningOmgevingId=environment, lesvormId="Elearning", **more)  # fmt: skip

    def request(self, code, training, person, status="Ingeschreven", days_ago=30, **more):
        self._add(2, days_ago, id=code, opleidingId=training, persoonId=person,
                  opleidingsvraagStatusId=status, **more)  # fmt: skip

    def person(self, code, external=None, days_ago=30, **more):
        self._add(3, days_ago, id=code, externId=external, voornaam=NAMES[0], achternaam=NAMES[1],
                  tussenvoegsels=NAMES[2], email=NAMES[3], **more)  # fmt: skip

    def done(self, request, part, days_ago=30, **more):
        self._add(4, days_ago, id=f"{request}:{part}", opleidingsvraagId=request,
                  opleidingsonderdeelId=part, **more)  # fmt: skip

    def change(self, place, code, **fields):
        """A row is other than before, since now."""
        [row] = [one for one in self.lists[LISTS[place]] if one["id"] == code]
        row.update(fields | changed())

    def remove(self, place, code):
        """A row is gone."""
        name = LISTS[place]
        self.lists[name][:] = [one for one in self.lists[name] if one["id"] != code]

    def _add(self, place, days_ago, **row):
        self.lists[LISTS[place]].append({**row, **changed(days_ago)})


def reads(connection, **extra):
    """The connection of a site that reads its requests from Coachview."""
    return replace(
        connection, extra={**connection.extra, "read": True, "environments": "7=studio, 8=exams", **extra}
    )
