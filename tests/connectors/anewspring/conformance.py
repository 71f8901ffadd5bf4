"""aNewSpring in the conformance suite: events of two academies, worked out by hand."""

from etl.sandbox.anewspring.sender import as_json, as_xml, completed
from tests.conformance.signed import PERSON, SignedStandIn


class StandIn(SignedStandIn):
    """Academies, which are content with any success: what cannot be used is taken too."""

    mount = "/anewspring"
    hash = "sha1"
    definition = "1, 10, 1, 5.5"

    def bodies(self) -> list[tuple[str, str, bytes, int]]:
        once = completed("900001", "12", "2026-03-02T09:30:00Z", grade=7.25)
        nobody = completed("900009", "12", "2026-03-03T09:30:00Z", grade=8)
        first = [
            (as_json(once), 200),
            (as_xml(once), 200),  # the same event
            (as_json(completed("900001", "12", "2026-03-09T09:30:00Z", grade=9)), 200),
            (as_xml(completed("900002", "12", "2026-03-03T23:30:00Z", passed=False)), 200),
            (as_json(completed("900003", "12", "2026-03-03T09:30:00Z", grade=8)), 202),
            (as_json(completed("900004", "12", "2026-03-03T09:30:00Z", grade=8)), 202),
            (as_json(nobody), 202),
            (as_json(completed("900001", "13", "2026-03-03T09:30:00Z", grade=8)), 202),
            (as_json(completed("900001", "12", "2026-03-01T09:30:00Z", event="CourseStarted")), 202),
            (as_json(completed("900002", "12", "2026-03-05T09:30:00Z", grade=PERSON)), 202),
            (as_json({**nobody, "user": {"uid": "u1", "lastName": PERSON}}), 202),
            (f'{{"event": "CourseCompleted", "name": "{PERSON}"'.encode(), 202),
        ]
        second = [
            (as_xml(completed("900001", "77", "2026-03-20T09:30:00Z", grade=5.4)), 200),
            (
                as_json(
                    completed("900002", "77", "2026-03-20T09:30:00Z", completeDateTime="2026-03-19T12:00:00")
                ),
                200,
            ),
        ]
        of = {"first": first, "second": second}
        return [(name, _kind(body), body, status) for name, said in of.items() for body, status in said]


def _kind(body: bytes) -> str:
    return "application/json" if body.startswith(b"{") else "application/xml"
