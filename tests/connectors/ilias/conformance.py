"""ILIAS in the conformance suite: the sample's completions, worked out by hand.

Two of nine are of courses of no training, one is of somebody without a number, one of a person whom nobody knows.
"""

from collections.abc import Iterator
from dataclasses import asdict, replace

from etl.sandbox import accounts
from tests.conformance.stand_in import OPEN, Lacking, Outcome, golden
from tests.conformance.stand_in import StandIn as Base
from tests.connectors.ilias.conftest import REPORTED, WAITING, connection_to


class StandIn(Base):
    """The sandbox's ILIAS, with the training administration of the sample."""

    flow = "ilias_completions"
    broken = "ilias_main/test 85"
    damages = ("html", "truncated", "forbidden", "server_error", "lost_answer")
    records = ("core.ilias_completions", "core.ilias_reported")

    def fill(self) -> None:
        self.connections["ilias_main"] = connection_to(f"{self.sandbox.url}/ilias")

    def outcome(self) -> Outcome:
        return {
            "seen": self.rows("select user_id, object_id, completed_on from core.ilias_completions"),
            "reported": self.rows(REPORTED),
            OPEN: self.rows(WAITING),
        }

    def golden(self) -> Outcome:
        return {
            "seen": golden("ilias", "seen.csv"),
            "reported": golden("ilias", "reported.csv"),
            OPEN: golden("ilias", "waiting.csv"),
        }

    def break_one(self) -> None:
        self.sandbox.faults.add("ilias", "html", operation="getTestResults", count=None)

    def garble(self, damage: str) -> None:
        self.sandbox.faults.add("ilias", damage, count=None)

    def mend(self) -> None:
        self.sandbox.faults.clear()

    def lacking(self) -> Iterator[Lacking]:
        account = self.connections["ilias_main"]
        yield Lacking(replace(account, password="no-password"), "login was refused")
        yield Lacking(replace(account, extra=dict(account.extra) | {"client": "elsewhere"}), "client ID")
        yield Lacking(replace(account, host=self.sandbox.url), "no SOAP server at this address")

    @property
    def planted(self) -> frozenset[str]:
        told = [value for user in self.sandbox.ilias.books.users.values() for value in asdict(user).values()]
        names = {value for value in told if len(value) > 5}
        return frozenset(names | {accounts.ILIAS_PASSWORD})
