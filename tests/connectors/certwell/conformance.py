"""CertWell in the conformance suite: exams of two boards, worked out by hand."""

from etl.sandbox.certwell.sender import exam
from etl.sandbox.elearning.sender import result
from tests.conformance.signed import PERSON, SignedStandIn


class StandIn(SignedStandIn):
    """A system for exams: 1 is passed, 0 is failed."""

    mount = "/certwell"
    definition = "0, 1, 0, null"

    def bodies(self) -> list[tuple[str, str, bytes, int]]:
        first = [
            (exam("900001", "12", "2026-03-02", passed=True), 200),
            (exam("900001", "12", "2026-03-09", passed=False), 200),
            (exam("900002", "12", "2026-03-03", passed=False), 200),
            (exam("900003", "12", "2026-03-03", passed=True), 404),
            (exam("900009", "12", "2026-03-03", passed=True), 404),
            (result("900002", "12", "2026-03-05", Resultaat="0.5", PersoonAchternaam=PERSON), 400),
            (PERSON.encode(), 400),
        ]
        second = [(exam("900001", "77", "2026-03-20T23:30:00Z", passed=True), 200)]
        of = {"first": first, "second": second}
        return [(name, "text/xml", body, status) for name, said in of.items() for body, status in said]
