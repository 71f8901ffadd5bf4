"""The sample school: its link is activated, and IEP LVS sends it a test message and two nights of results."""

from datetime import date
from typing import Final

from etl import db
from etl.connectors.iep_lvs import links
from etl.connectors.iep_lvs.links import LinkTerms
from etl.errors import GiveUp
from etl.sandbox.iep_lvs.sender import Sender, samples

_CODE: Final = "99QQ00-sample-school-code"  # of a school that does not exist
_TERMS: Final = LinkTerms("the sample school's head", date(2026, 1, 5), date(2026, 1, 6))
_SENT: Final = ("test_message", "first_night", "second_night")


def play(warehouse_url: str, receiver_url: str) -> None:
    """Deliver what the sample school's supplier delivers; what was delivered before changes nothing.

    Raises GiveUp when the receiver does not take a message.
    """
    engine = db.engine(warehouse_url)
    with engine.begin() as session:
        if not db.rows(session, "iep_lvs/links.authorised", brin6=_CODE[:6]):
            links.activate(session, _CODE, "Bureau ICE", "BUREAUICE", _TERMS, "make run")
    engine.dispose()
    sender = Sender(receiver_url, _CODE)
    for name in _SENT:
        reply = sender.send(samples()[name])
        if not reply.taken:
            raise GiveUp(f"the receiver did not take {name}: HTTP {reply.status} {reply.fault}")
