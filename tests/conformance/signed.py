"""What stand-ins of senders of signed messages share: two integrations, a training, and requests of it."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, Final

from etl.connections import Connection
from etl.sandbox.posting import Poster
from tests.conformance.nights import posted
from tests.conformance.stand_in import OPEN, Lacking, Message, Outcome, Rows, StandIn, columns, golden

SECRET: Final = "conformance-secret"
PERSON: Final = "Planted-Janssen"  # stands in bodies that cannot be read, and in what is not read of others
NAMES: Final = ("first", "second")
ADMINISTRATION: Final = """
delete from core.training_request_parts;
delete from core.training_requests;
delete from core.training_parts;
delete from core.trainings;
delete from core.integrations;
insert into core.integrations (
    integration, system, connection_id, hash, timezone, minimum, maximum, decimals, pass_mark,
    sends_result, sends_presence, sends_passed, person_scheme, active
)
select name, '{system}', name || '_secret', '{hash}', 'Europe/Amsterdam', {definition}, true, true, true, 'person', true
from unnest(array['first', 'second']) as name;
insert into core.trainings (training_code, name) values ('T', 'Safe at work');
insert into core.training_parts (part_code, training_code, name, integration, course_id) values
('P1', 'T', 'Part', 'first', '12'), ('P2', 'T', 'Part', 'second', '77');
insert into core.training_requests (request_code, training_code, person_id, status) values
('R1', 'T', '900001', 'open'), ('R2', 'T', '900002', 'open'), ('R3', 'T', '900003', 'finished'),
('R4', 'T', '900004', 'open'), ('R5', 'T', '900004', 'open')
"""
# What has no person and course is listed by the number of its message.
_LISTED: Final = """
select source, case when record_key ~ '^[0-9]+$' then '' else record_key end, reason_code
from mart.rejections where resolved_at is null
"""
_EACH_ONCE: Final = """
select coalesce(said.outcome, 'in none'), count(*)
from raw.inbox left join core.completion_messages as said using (message_id)
group by 1
"""
_FORGET: Final = """
delete from ops.deliveries
where message_id in (select message_id from core.completion_messages where outcome = 'unusable');
delete from core.completion_messages where outcome = 'unusable';
delete from raw.inbox where message_id not in (select message_id from core.completion_messages)
"""
_DAMAGED: Final = {
    "text": lambda body: PERSON.encode(),
    "cut": lambda body: body[: len(body) // 2],
    "page": lambda body: f"<html><body>{PERSON}</body></html>".encode(),
    "empty": lambda body: b"",
}


class SignedStandIn(StandIn):
    """Two integrations of a system, each with a secret, and what they post.

    ``hash`` and ``definition`` (minimum, maximum, decimals, pass mark): as they are agreed. What comes of their
    ``bodies`` (registrations, completions, rejections, and how many messages are what) is worked out by hand, in
    tests/golden/<system>.
    """

    flow = "coachview_results"
    broken = "second"
    damages = tuple(_DAMAGED)
    records = ("core.registrations", "core.registration_attempts")
    hash: ClassVar[str] = "sha512"
    definition: ClassVar[str]

    @abstractmethod
    def bodies(self) -> list[tuple[str, str, bytes, int]]:
        """Integration, content type and body of each message, and the status of its answer."""

    @property
    def system(self) -> str:
        """The sender, as the mount is named."""
        return self.mount.strip("/")

    def fill(self) -> None:
        self._damage = ""
        self.change(ADMINISTRATION.format(system=self.system, hash=self.hash, definition=self.definition))
        for name in NAMES:
            connection = Connection(f"{name}_secret", self.system, password=SECRET)
            self.connections[connection.conn_id] = connection

    def messages(self) -> list[Message]:
        return [self._signed(*said) for said in self.bodies()]

    def unproved(self) -> list[Message]:
        [(integration, content_type, body, _), *_] = self.bodies()
        wrong = {"X-WebHook-Signature": _signature(body, "another", self.hash)}
        path = f"{self.mount}/{integration}"
        return [
            Message(path, body, {"Content-Type": content_type, **headers}, 403) for headers in ({}, wrong)
        ]

    def outcome(self) -> Outcome:
        return {
            "registrations": self._rows("registrations", "mart.registrations"),
            "completions": self._rows("completions", "mart.received_messages where outcome = 'completion'"),
            OPEN: self.rows(_LISTED) | self.rows(_EACH_ONCE),
        }

    def golden(self) -> Outcome:
        return {
            "registrations": golden(self.system, "registrations.csv"),
            "completions": golden(self.system, "completions.csv"),
            OPEN: golden(self.system, "rejections.csv") | golden(self.system, "messages.csv"),
        }

    def break_one(self) -> None:
        self.change("update core.integrations set minimum = null where integration = 'second'")

    def garble(self, damage: str) -> None:
        self._damage = damage

    def mend(self) -> None:
        """What could not be read would be listed until it is forgotten: here that is now."""
        self._damage = ""
        lowest = self.definition.split(",")[0]
        self.change(f"update core.integrations set minimum = {lowest} where integration = 'second'")
        self.change(_FORGET)

    def lacking(self) -> Iterator[Lacking]:
        connection = self.connections["first_secret"]
        yield Lacking(replace(connection, password=""), "No secret is entered")
        yield Lacking(replace(connection, conn_id="third_secret", password="another"), "No integration")
        posted(self.engine, self.connect, self.unproved())
        yield Lacking(connection, f"not that of this secret with {self.hash}")
        self.change("update core.integrations set active = false")
        yield Lacking(connection, "paused")

    @property
    def planted(self) -> frozenset[str]:
        return frozenset({SECRET, PERSON, "jo.janssen@example.org", "Janssen", "j.janssen", "Safe working"})

    def _rows(self, name: str, table: str) -> Rows:
        return self.rows(f"select {columns(self.system, f'{name}.csv')} from {table}")

    def _signed(self, integration: str, content_type: str, body: bytes, status: int) -> Message:
        sent = _DAMAGED[self._damage](body) if self._damage else body
        headers = {"Content-Type": content_type, "X-WebHook-Signature": _signature(sent, SECRET, self.hash)}
        return Message(f"{self.mount}/{integration}", sent, headers, status)


def _signature(body: bytes, secret: str, hash_name: str) -> str:
    return Poster("", secret, hash_name, lambda _: False, 1, 1.0).signature(body)
