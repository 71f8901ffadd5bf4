"""Integrations as a receiver needs them: how each signs, with which secret, and in which time zone it is."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connections import Connection
from etl.errors import GiveUp, InvalidInput

_log = logging.getLogger(__name__)
_SECONDS: Final = 5.0  # for which an integration and its secret are remembered: a change counts from then on


@dataclass(frozen=True)
class Integration:
    """A line of integrations.csv."""

    integration: str
    system: str
    connection_id: str | None
    hash: str
    timezone: str
    minimum: Decimal | None
    maximum: Decimal | None
    decimals: int | None
    sends_result: bool
    active: bool

    @property
    def zone(self) -> ZoneInfo:
        """The zone that its times without one are in, and its days."""
        return ZoneInfo(self.timezone)

    def holds(self, grade: Decimal) -> bool:
        """Whether a grade is within its result definition, where it has one."""
        if not self.sends_result or self.minimum is None or self.maximum is None:
            return True
        return self.minimum <= grade <= self.maximum


@dataclass(frozen=True)
class Agreed:
    """An integration and the secret that is agreed with its sender; empty: none is, None: it cannot be read."""

    integration: Integration
    secret: str | None = field(repr=False)


class Agreements:
    """The integrations of one system by name."""

    def __init__(
        self, engine: Engine, system: str, connect: Callable[[str], Connection],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._engine = engine
        self._system = system
        self._connect = connect
        self._clock = clock
        self._known: dict[str, tuple[float, Agreed]] = {}

    def named(self, name: str) -> Agreed | None:
        """An integration that is in use, paused or not; None where there is none of this name."""
        until, agreed = self._known.get(name, (0.0, None))
        if agreed is not None and self._clock() < until:
            return agreed
        with self._engine.connect() as session:
            found = db.rows(session, "engine/webhooks.integration", integration=name, system=self._system)
        if not found:
            self._known.pop(name, None)
            return None
        integration = Integration(**found[0])
        agreed = Agreed(integration, self._secret(integration))
        self._known[name] = (self._clock() + _SECONDS, agreed)
        return agreed

    def _secret(self, integration: Integration) -> str | None:
        try:
            return secret_of(integration, self._connect)
        except GiveUp as problem:
            _log.error("integration %s takes no messages: %s", integration.integration, problem)
            return None


def secret_of(integration: Integration, connect: Callable[[str], Connection]) -> str:
    """The secret of an integration; empty where none is entered. Raises GiveUp where its connection cannot be read."""
    return connect(integration.connection_id).password if integration.connection_id else ""


def integration_named(session: Session, name: str) -> Integration:
    """One integration, of whatever system. Raises InvalidInput where there is none of this name."""
    found = db.rows(session, "engine/webhooks.any_integration", integration=name)
    if not found:
        raise InvalidInput(f"there is no integration {name} in integrations.csv: `etl hooks list` shows them")
    return Integration(**found[0])
