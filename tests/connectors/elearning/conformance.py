"""The generic message in the conformance suite: what two integrations post, worked out by hand."""

from etl.engine.webhooks.generic import test_message
from etl.sandbox.elearning.sender import result
from tests.conformance.signed import PERSON, SignedStandIn


class StandIn(SignedStandIn):
    """A system that sends the generic message."""

    mount = "/elearning"
    definition = "1, 10, 1, 5.5"

    def bodies(self) -> list[tuple[str, str, bytes, int]]:
        first = [
            (
                result(
                    "900001", "12", "2026-03-02", Resultaat="7,25", Presentie="ja", PersoonAchternaam=PERSON
                ),
                200,
            ),
            (result("900001", "12", "2026-03-09", Resultaat="9"), 200),
            (result("900002", "12", "2026-03-03"), 200),
            (result("900002", "12", "2026-03-04", Resultaat="11"), 400),
            (result("900003", "12", "2026-03-03", Resultaat="8"), 404),
            (result("900004", "12", "2026-03-03", Resultaat="8"), 404),
            (result("900009", "12", "2026-03-03", Resultaat="8"), 404),
            (result("900001", "13", "2026-03-03", Resultaat="8"), 404),
            (result("900002", "12", "2026-03-05", Resultaat=PERSON), 400),
            (PERSON.encode(), 400),
            (test_message()[1], 200),
        ]
        second = [
            (result("900001", "77", "2026-03-20T23:30:00Z", Resultaat="5.4", Slaging="false"), 200),
            (result("900002", "77", "2026-03-20T23:30:00", Resultaat="8", Slaging="true"), 200),
        ]
        of = {"first": first, "second": second}
        return [(name, "text/xml", body, status) for name, said in of.items() for body, status in said]
