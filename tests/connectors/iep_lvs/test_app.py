"""What the receiver does besides taking messages: it tells once that a burst of them came in."""

import asyncio
from threading import Event

from etl.engine.receiving import Burst


class Impatient(Burst):
    QUIET = 0.05
    LONGEST = 0.12


def test_a_burst_is_told_once_when_it_is_over() -> None:
    told: list[float] = []

    async def deliver() -> None:
        loop = asyncio.get_running_loop()
        over = asyncio.Event()

        def tell() -> None:
            told.append(loop.time())
            loop.call_soon_threadsafe(over.set)

        burst = Impatient(tell)
        for _ in range(20):
            burst.message()
        await over.wait()
        assert len(told) == 1
        over.clear()
        burst.message()
        await over.wait()

    asyncio.run(deliver())
    assert len(told) == 2


def test_messages_that_never_stop_are_told_all_the_same() -> None:
    told = Event()

    async def deliver() -> int:
        burst = Impatient(told.set)
        messages = 0
        while not told.is_set():
            burst.message()
            messages += 1
            await asyncio.sleep(0.01)
        return messages

    assert asyncio.run(deliver()) > 1
