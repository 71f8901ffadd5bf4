"""Who a person is at a site: found by rules, never guessed, and never somebody whom nothing may be sent for.

See docs/connectors/moodle.md, Writing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

import msgspec
import pandas as pd
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.connectors.moodle.landed import USERS
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.records import RoleHolder, SiteAccount
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.engine.decoding import BROKEN, decoded
from etl.errors import CapabilityMissing, GiveUp, RejectRecord
from etl.load import landing
from etl.transform.normal_form import folded, folded_text

# What a reference file calls a field, and what Moodle does.
_FIELDS: Final = {
    "email": "email",
    "username": "username",
    "given_name": "firstname",
    "surname": "lastname",
}
_INSTALLED: Final = ("1", "2")  # the guest and the first administrator, which come with every site
T = TypeVar("T")
_role_holders: Final = msgspec.json.Decoder(list[RoleHolder])


@dataclass(frozen=True)
class Person:
    """A client as Moodle is told of them; ``user_id`` and ``origin`` of the account, where it is known."""

    item_id: int
    client_code: str
    stored_id: str | None
    username: str | None
    firstname: str | None
    middlename: str | None
    lastname: str | None
    email: str | None
    suspended: bool
    changed: list[str] | None
    user_id: str | None
    origin: str | None


class _Service(msgspec.Struct):
    userid: int
    userissiteadmin: bool = False


class Directory:
    """The accounts of a site, and whose they are. What it has to know is asked once, when it is needed."""

    def __init__(self, engine: Engine, site: WritingSettings, writer: MoodleWriter) -> None:
        self._engine = engine
        self._site = site
        self._writer = writer

    def find(self, person: Person) -> SiteAccount | None:
        """The person's account, None where there is none yet: by the stored number, by code, by fields.

        Raises RejectRecord where more than one fits, or one that may not be the person's.
        """
        self.check_sight()
        if person.stored_id:
            account = self._writer.account(person.stored_id)
            if account is None:
                raise self._blocked("account_gone", person)
            return self._checked(person, account, by_fields=False)
        if self._site.match_code:
            found = self._writer.find_accounts({"idnumber": person.client_code})
            if found:
                return self._checked(person, self._only(person, found), by_fields=False)
        wanted = self._wanted(person)
        found = self._writer.find_accounts(wanted) if wanted else []
        if not found:
            return None
        if person.client_code in self._sharing:
            raise self._blocked("ambiguous_account", person)
        return self._checked(person, self._only(person, found), by_fields=True)

    def check_sight(self) -> None:
        """Raises CapabilityMissing where the site shows nobody, and says nothing of that."""
        if not self._sees_accounts:
            raise CapabilityMissing(
                f"Moodle {self._site.source}: the service account sees no accounts, so that nobody is known to be or"
                " not to be there: give its role moodle/user:viewalldetails and moodle/user:viewdetails"
            )

    def check(self, person: Person) -> None:
        """Raises RejectRecord where nothing may be changed of the account that the person has."""
        self._check_rights(person, str(person.user_id), made=person.origin == "made")

    def is_staff(self, user_id: str) -> bool:
        """Has the account another role than that of learners, as far as the site has shown, or is it our own?"""
        return user_id in self._staff or user_id in (*_INSTALLED, str(self._service.userid))

    def _only(self, person: Person, found: list[SiteAccount]) -> SiteAccount:
        if len(found) > 1:
            raise self._blocked("ambiguous_account", person)
        return found[0]

    def _checked(self, person: Person, account: SiteAccount, by_fields: bool) -> SiteAccount:
        holder = self._holders.get(account.user_id, person.client_code)
        number = folded_text(account.idnumber or "")
        ours = number == folded_text(person.client_code)
        of_another = bool(number) and not ours and (by_fields or number in self._codes)
        if holder != person.client_code or of_another:
            raise self._blocked("account_of_another", person)
        self._check_rights(person, account.user_id, made=False)
        return account

    def _check_rights(self, person: Person, user_id: str, made: bool) -> None:
        if self.is_staff(user_id):
            raise self._blocked("account_is_staff", person)
        if self._service.userissiteadmin and not made:
            raise self._blocked("service_is_administrator", person)

    def _blocked(self, code: str, person: Person) -> RejectRecord:
        return RejectRecord(code, f"Moodle {self._site.source}: client {person.client_code}: {code}")

    def _wanted(self, person: Person) -> Mapping[str, str]:
        """The values that have to agree; none where one of them is not known."""
        names = [_FIELDS[name] for name in (self._site.match_fields or "").split("+") if name]
        values = {name: getattr(person, name) or "" for name in names}
        return values if all(values.values()) else {}

    @cached_property
    def _sees_accounts(self) -> bool:
        return self._writer.sees_accounts()

    @cached_property
    def _service(self) -> _Service:
        try:
            return msgspec.json.decode(self._writer.site_info(), type=_Service)
        except msgspec.DecodeError:
            raise GiveUp(f"Moodle {self._site.source}: the site does not say whose account is ours") from None

    @cached_property
    def _holders(self) -> dict[str, str]:
        """Whose each account is that is known to be somebody's; nobody's, where two have it."""
        held = self._read(
            lambda session: db.rows(session, "moodle/people.holders", scheme=self._site.user_scheme)
        )
        holders: dict[str, str] = {}
        for row in held:
            known = holders.setdefault(row["user_id"], row["client_code"])
            if known != row["client_code"]:
                holders[row["user_id"]] = ""
        return holders

    @cached_property
    def _clients(self) -> pd.DataFrame:
        return self._read(lambda session: db.query(session, "results/administration.clients"))

    @cached_property
    def _codes(self) -> set[str]:
        return set(folded(self._clients["client_code"]).dropna())

    @cached_property
    def _sharing(self) -> set[str]:
        """Clients whose fields another client has too."""
        names = (self._site.match_fields or "").split("+")
        values = pd.DataFrame({name: folded(self._clients[name]) for name in names}).dropna()
        shared = values.index[values.duplicated(keep=False)]
        return set(self._clients.loc[shared, "client_code"])

    @cached_property
    def _staff(self) -> set[str]:
        """Whoever has another role than that of learners in a course, as it was read last."""

        def of_courses(session: Session) -> set[str]:
            newest = landing.newest_of(session, self._site.source, USERS)
            staff: set[str] = set()
            for answer in landing.read(session, newest["landing_id"].tolist()):
                staff |= others(answer.body, self._site.role_id)
            return staff

        return self._read(of_courses)

    def _read(self, content: Callable[[Session], T]) -> T:
        with self._engine.connect() as session:
            return content(session)


def others(participants: bytes, role_id: str) -> set[str]:
    """Participants of a course with another role than this one; nobody where the list cannot be read."""
    try:
        everybody = decoded(participants, _role_holders)
    except BROKEN:
        return set()
    return {one.user_id for one in everybody if one.role_ids - {role_id}}
