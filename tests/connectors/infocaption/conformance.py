"""InfoCaption in the conformance suite: the sample site, and the competences that were worked out by hand for it."""

from collections.abc import Iterator
from dataclasses import replace

from etl.sandbox import accounts
from tests.conformance.stand_in import OPEN, Lacking, Outcome, columns, golden, people
from tests.conformance.stand_in import StandIn as Base
from tests.fixtures.nights import infocaption_connection

COMPETENCES = ("competences", "competences.csv")


class StandIn(Base):
    """The sandbox's InfoCaption."""

    flow = "infocaption_competences"
    broken = "infocaption_main/102"
    damages = ("html", "notice", "fatal", "truncated", "forbidden", "server_error")
    records = ("core.course_passes", "core.earned_competences")

    def fill(self) -> None:
        self.connections["infocaption_main"] = infocaption_connection(self.sandbox.url)
        self.change(
            "delete from core.competence_links where source = 'moodle_main'"
        )  # no night of Moodle here

    def outcome(self) -> Outcome:
        return {
            "competences": self.rows(
                f"select {columns(*COMPETENCES)} from mart.competences where source = 'infocaption_main'"
            ),
            OPEN: self.rows(
                "select scope, resource, record_key, reason_code from mart.rejections where resolved_at is null"
            ),
        }

    def golden(self) -> Outcome:
        return {
            "competences": golden(*COMPETENCES, source="infocaption_main"),
            OPEN: golden("competences", "rejections.csv"),
        }

    def break_one(self) -> None:
        where = {"path": "/API/public/courses/102/participants"}
        self.sandbox.faults.add("infocaption", "html", where=where, count=None)

    def garble(self, damage: str) -> None:
        self.sandbox.faults.add("infocaption", damage, count=None)

    def mend(self) -> None:
        self.sandbox.faults.clear()

    def lacking(self) -> Iterator[Lacking]:
        account = self.connections["infocaption_main"]
        yield Lacking(replace(account, password="no-secret"), "client id or its secret")

    @property
    def planted(self) -> frozenset[str]:
        return people() | {accounts.INFOCAPTION_SECRET}
