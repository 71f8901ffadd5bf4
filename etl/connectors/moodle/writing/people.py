"""Accounts at a site: one is found or made for each person, and what changed of the person is brought to it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection as Session

from etl import db
from etl.connectors.moodle.writing.answers import NotWritten
from etl.connectors.moodle.writing.client import MoodleWriter
from etl.connectors.moodle.writing.directory import Directory, Person
from etl.connectors.moodle.writing.records import NewAccount, SiteAccount
from etl.connectors.moodle.writing.settings import WritingSettings
from etl.connectors.moodle.writing.targets import ACCOUNTS, CHANGES
from etl.errors import AnswerLost, RetryLater
from etl.transform.normal_form import folded_text

_UNSHOWN: Final = "middlename"  # Moodle takes it and never shows it


@dataclass(frozen=True)
class Linked:
    """The account of a person, and how it came to be theirs: stored, matched or made."""

    user_id: str
    origin: str


class Accounts:
    """Finds the account of each person, or makes one."""

    target = ACCOUNTS

    def __init__(self, site: WritingSettings, writer: MoodleWriter, directory: Directory) -> None:
        self._site = site
        self._writer = writer
        self._directory = directory

    def rows(self, session: Session, item_ids: Sequence[int]) -> list[Person]:
        """The persons of items."""
        return read_persons(session, item_ids)

    def item_id(self, row: Person) -> int:
        """The item of a person."""
        return row.item_id

    def send(self, row: Person) -> Linked:
        """The account that is found, or else made."""
        account = self._directory.find(row)
        if account:
            self._may_be_changed(account)
            return Linked(account.user_id, "stored" if row.stored_id else "matched")
        try:
            return Linked(self._writer.create_account(self.new(row)), "made")
        except NotWritten as refused:
            raise self._told(row, refused) from None

    def new(self, person: Person) -> NewAccount:
        """The account that would be made."""
        return NewAccount(
            username=person.username or "",
            firstname=person.firstname or "",
            middlename=person.middlename or "",
            lastname=person.lastname or "",
            email=person.email or "",
            idnumber=person.client_code,
            auth=self._site.auth,
        )

    def arrived(self, rows: Sequence[Person]) -> Mapping[int, Linked]:
        """A person's account is there when it has both their user name, which is one person's, and their number.

        A stored one is only looked up, which may be done again.
        """
        found = {}
        for person in rows:
            if person.stored_id:
                continue
            for account in self._writer.find_accounts({"username": person.username or ""}):
                if not _is_of(account, person):
                    continue
                with suppress(NotWritten):  # it was there before; sending it again says so
                    self._may_be_changed(account)
                    found[person.item_id] = Linked(account.user_id, "made")
        return found

    def keep(self, session: Session, row: Person, done: Linked) -> None:
        """The account is the person's from now on."""
        link = {"user_id": done.user_id, "origin": done.origin}
        db.execute(session, "moodle/people.link", item_id=row.item_id, **link)

    def _may_be_changed(self, account: SiteAccount) -> None:
        """Raises NotWritten for an administrator, whom Moodle shows to nobody and lets no other account change.

        It is asked to change a name to what it is. Nothing is lost with an answer to that.
        """
        try:
            self._writer.update_account(account.user_id, {"lastname": account.lastname or ""})
        except AnswerLost as lost:
            raise RetryLater(str(lost)) from None

    def _told(self, person: Person, refused: NotWritten) -> NotWritten:
        """Why an account was refused, where the site does not say it: somebody has the user name, or the address."""
        if not refused.look_again:
            return refused
        for name, code in (("username", "username_taken"), ("email", "email_taken")):
            if self._writer.find_accounts({name: getattr(person, name) or ""}):
                return NotWritten(code, str(refused), refused.error_code)
        return refused


class AccountChanges:
    """Brings what changed of a person to their account."""

    target = CHANGES

    def __init__(self, writer: MoodleWriter, directory: Directory) -> None:
        self._writer = writer
        self._directory = directory

    def rows(self, session: Session, item_ids: Sequence[int]) -> list[Person]:
        """The persons of items."""
        return [person for person in read_persons(session, item_ids) if person.user_id]

    def item_id(self, row: Person) -> int:
        """The item of a person."""
        return row.item_id

    def send(self, row: Person) -> None:
        """Send the fields that changed, and no others."""
        self._directory.check(row)
        self._writer.update_account(str(row.user_id), changes(row))

    def arrived(self, rows: Sequence[Person]) -> Mapping[int, None]:
        """All is there when what can be seen of it is: a call writes an account whole or not at all.

        A middle name alone is sent once more, which changes nothing where it had arrived.
        """
        return {person.item_id: None for person in rows if self._shows(person)}

    def keep(self, session: Session, row: Person, done: None) -> None:
        """What was sent is what stands there."""
        db.execute(session, "moodle/people.confirm", item_ids=[row.item_id])

    def _shows(self, person: Person) -> bool:
        shown = {name: value for name, value in changes(person).items() if name != _UNSHOWN}
        account = self._writer.account(str(person.user_id)) if shown else None
        if account is None:
            return False
        texts = {name: str(value) for name, value in shown.items() if name != "suspended"}
        return account.holds(texts) is True and shown.get("suspended", account.suspended) == account.suspended


def changes(person: Person) -> dict[str, str | bool]:
    """The fields that changed, with their values."""
    return {name: getattr(person, name) for name in person.changed or ()}


def read_persons(session: Session, item_ids: Sequence[int]) -> list[Person]:
    """The persons of items."""
    return [Person(**row) for row in db.rows(session, "moodle/people.rows", item_ids=list(item_ids))]


def _is_of(account: SiteAccount, person: Person) -> bool:
    return folded_text(account.idnumber or "") == folded_text(person.client_code)
