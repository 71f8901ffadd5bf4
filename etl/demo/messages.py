"""The sample's e-learning systems: each delivers completed courses to the receiver of its integration."""

from collections.abc import Iterator
from typing import Final

from etl.errors import GiveUp
from etl.sandbox import accounts
from etl.sandbox.anewspring import sender as anewspring
from etl.sandbox.certwell.sender import exam
from etl.sandbox.elearning import sender as elearning
from etl.sandbox.elearning.sender import result
from etl.sandbox.posting import Told

# Each integration with its system, which is the path that its messages go to.
SENDERS: Final = {"academy": "anewspring", "exam_board": "certwell", "studio": "elearning"}
_COMPLETED: Final = anewspring.completed("P0101", "12", "2026-03-02T22:30:00Z", grade=8.4, passed=True)


def play(origin: str) -> None:
    """Deliver a few messages of each system; what was delivered before changes nothing.

    Raises GiveUp where one is answered otherwise than its sender expects.
    """
    for name, told, expected in _deliver(origin):
        if told.status != expected:
            raise GiveUp(
                f"the receiver answered a message of {name} by HTTP {told.status}: {told.text[:200]}"
            )


def _deliver(origin: str) -> Iterator[tuple[str, Told, int]]:
    """Each message's sender, what it was told, and the status that it expects."""
    academy = anewspring.sender(f"{origin}/anewspring/academy", accounts.WEBHOOK_SECRET)
    failed = anewspring.completed("P0102", "12", "2026-03-03T23:30:00Z", grade=5, passed=False)
    yield "academy", anewspring.send(academy, _COMPLETED), 200
    yield "academy", anewspring.send(academy, _COMPLETED), 200  # it did not hear the answer, and asks again
    yield "academy", anewspring.send(academy, failed, xml=True), 200
    yield (
        "academy",
        anewspring.send(academy, anewspring.completed("P0999", "12")),
        202,
    )  # nobody knows this person
    yield "academy", anewspring.send(academy, anewspring.completed("P0101", "12", event="UserCreated")), 202
    board = elearning.sender(f"{origin}/certwell/exam_board", accounts.WEBHOOK_SECRET)
    for person, passed in (("1101", True), ("1102", False)):
        yield "exam_board", elearning.send(board, exam(person, "77", "2026-03-05", passed=passed)), 200
    studio = elearning.sender(f"{origin}/elearning/studio", accounts.WEBHOOK_SECRET)
    seen = result("1101", "V-1", "2026-03-06T09:00:00", Resultaat="7,5", Presentie="ja")
    yield "studio", elearning.send(studio, seen), 200
    yield "studio", elearning.send(studio, result("1102", "V-1", "2026-03-06")), 200
    yield (
        "studio",
        elearning.send(studio, result("1103", "V-1", "2026-03-06")),
        404,
    )  # this request is finished
    yield "studio", elearning.send(studio, result("1101", "V-1", "2026-03-07", Resultaat="elf")), 400
