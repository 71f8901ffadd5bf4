"""A target that no connector has: letters and parcels of a carrier, and what a connector does with the ledger."""

from dataclasses import dataclass
from uuid import uuid4

import pandas as pd
from sqlalchemy import text

from etl.engine import ledger
from etl.engine.ledger import Target
from etl.engine.outcomes import Outcome
from etl.engine.pusher import exclusive
from etl.load import runs

WHY = {"moved_away": "Nobody lives there any more."}
LETTERS = Target("carrier", "letters", "letter", "ops.letters", nothing_to_do=("moved_away",), reasons=WHY)
PARCELS = Target("carrier", "parcels", "parcel", "ops.letters", reasons=WHY)
ELSEWHERE = Target("other_carrier", "letters", "letter", "ops.letters", reasons=WHY)
DETAILS = "create table ops.letters (item_id bigint primary key references ops.outbox, street text)"
ENTER = """
insert into ops.letters select item.item_id, staged.street from staged
join ops.outbox as item on item.fact = staged.fact and (item.target, item.kind) = (:target, :kind)
where item.item_id = any(:offered)
on conflict (item_id) do update set street = excluded.street
returning item_id
"""
ACCEPTED, LOST = Outcome("accepted"), Outcome("unknown", "outcome_unknown", cause="HTTP 502")


@dataclass(frozen=True)
class Account:
    conn_id: str = "carrier_main"
    mode: str = "live"
    retry_days: int = 60


class Carrier:
    """What a connector does with the ledger."""

    def __init__(self, engine):
        self.engine = engine

    def sql(self, statement, **values):
        with self.engine.begin() as session:
            found = session.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else []

    def plan(self, streets, target=LETTERS, account="north", if_unknown="send_again", reason=None):
        """Wish for a letter to each name; returns the counts."""
        facts = pd.DataFrame({"name": list(streets)}, dtype="str")
        wished = facts[[]].assign(
            business_key=ledger.business_keys(facts),
            record_key=facts["name"],
            if_unknown=if_unknown,
            status="withheld" if reason else "pending",
            reason=reason,
            explanation=None,
            street=list(streets.values()),
        )
        with self.engine.begin() as session:
            ledger.stage(session, target, account, wished)
            changed = session.execute(
                text(
                    "select item_id from ops.letters join ops.outbox using (item_id) join staged"
                    " using (business_key) where letters.street <> staged.street"
                )
            )
            offered = ledger.offer(session, target, account, list(changed.scalars()))
            which = {"target": target.system, "kind": target.kind, "offered": offered}
            entered = list(session.execute(text(ENTER), which).scalars())
            ledger.withhold(session, target, ledger.unwished(session, target, account), "moved_away")
            return ledger.planned(session, target, len(wished), offered, entered)

    def run_id(self):
        with self.engine.begin() as session:
            return runs.open_run(session, "letters")

    def claim(self, pusher, items, account=Account()):
        """Claim items in a call; returns its id and name and street of each that was claimed."""
        call_id = uuid4()
        return call_id, pusher.claim(items, call_id, self.run_id(), account, with_streets)

    def push(self, outcome=ACCEPTED, account=Account()):
        """Offer everything that is due in one call; returns what was offered."""
        with exclusive(self.engine, LETTERS, "north") as pusher:
            due = [one.item_id for one in pusher.due()]
            call_id, offered = self.claim(pusher, due, account)
            pusher.record(call_id, dict.fromkeys(due, outcome), account)
            return offered

    def die(self):
        """Claim everything that is due, and end before the answer."""
        with exclusive(self.engine, LETTERS, "north") as pusher:
            self.claim(pusher, [one.item_id for one in pusher.due()])

    def statuses(self):
        return dict(self.sql("select record_key, status from ops.outbox"))

    def item(self, name):
        [(item_id,)] = self.sql("select item_id from ops.outbox where record_key = :name", name=name)
        return item_id


def with_streets(session, item_ids):
    names = "select record_key, street from ops.outbox join ops.letters using (item_id)"
    found = session.execute(text(f"{names} where item_id = any(:item_ids)"), {"item_ids": list(item_ids)})
    return {name: street for name, street in found}
