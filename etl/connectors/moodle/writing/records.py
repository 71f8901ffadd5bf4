"""What is written to Moodle, and what is read beside that, typed. Ids are texts, times epoch seconds (0: none)."""

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from etl.engine.decoding import Epoch, Flag, Id, Text
from etl.transform.normal_form import folded_text

NO_TIME: Final = 0


@dataclass(frozen=True)
class NewAccount:
    """An account to make. ``auth``: an authentication method of the site; without one Moodle mails the way in."""

    username: str
    firstname: str
    lastname: str
    email: str
    idnumber: str
    middlename: str = ""
    auth: str | None = None


@dataclass(frozen=True)
class ManualEnrolment:
    """Somebody's manual enrolment as it is to be: Moodle overwrites times and status with what each call says."""

    user_id: str
    course_id: str
    role_id: str
    timestart: int = NO_TIME
    timeend: int = NO_TIME


@dataclass(frozen=True)
class CourseSettings:
    """What an occurrence decides about its course; ``startdate`` None: the dates are left as they are."""

    startdate: int | None
    enddate: int
    visible: bool


@dataclass(frozen=True)
class NewCourse:
    """A course to make, with the occurrence code as its idnumber."""

    idnumber: str
    shortname: str
    fullname: str
    category_id: str
    settings: CourseSettings


class SiteAccount(msgspec.Struct, frozen=True):
    """An account as the site shows it; None: the field is not shown, which says nothing of what is in it."""

    id: Id
    username: Text | None = None
    firstname: Text | None = None
    lastname: Text | None = None
    email: Text | None = None
    idnumber: Text | None = None
    auth: Text | None = None
    suspended: Flag | None = None
    confirmed: Flag | None = None

    @property
    def user_id(self) -> str:
        """The id, as the warehouse has it."""
        return str(self.id)

    def holds(self, wanted: Mapping[str, str]) -> bool | None:
        """Does it have exactly these values, but for case and spaces around? None: one is not shown."""
        shown = {name: self.user_id if name == "id" else getattr(self, name) for name in wanted}
        if any(
            value is not None and folded_text(value) != folded_text(wanted[name])
            for name, value in shown.items()
        ):
            return False
        return None if None in shown.values() else True


class SiteCourse(msgspec.Struct, frozen=True):
    """A course as the site shows it; the last six only with moodle/course:update."""

    id: Id
    fullname: Text
    shortname: Text
    categoryid: int | None = None
    enrollmentmethods: list[str] = []
    idnumber: Text | None = None
    startdate: Epoch | None = None
    enddate: Epoch | None = None
    visible: Flag | None = None
    groupmode: int | None = None

    @property
    def course_id(self) -> str:
        """The id, as the warehouse has it."""
        return str(self.id)

    def has(self, settings: CourseSettings) -> bool:
        """Does it have these settings already? What is not shown is not known to be there."""
        dates = settings.startdate is None or (self.startdate, self.enddate) == (
            settings.startdate,
            settings.enddate,
        )
        return dates and self.visible is not None and bool(self.visible) == settings.visible

    @property
    def name(self) -> str:
        """Its full name, which comes as HTML text."""
        return html.unescape(self.fullname).strip()


class SiteCategory(msgspec.Struct, frozen=True):
    """A category of the site's tree; ``path`` holds the ids from the top."""

    id: Id
    name: Text
    parent: int
    depth: int
    path: str
    idnumber: Text | None = None


class RoleInCourse(msgspec.Struct, frozen=True):
    """A role that somebody has in a course."""

    roleid: Id
    shortname: Text


class RoleHolder(msgspec.Struct, frozen=True):
    """Somebody who is enrolled in a course; without roles where the site does not show them."""

    id: Id
    roles: list[RoleInCourse] | None = None

    @property
    def user_id(self) -> str:
        """The id, as the warehouse has it."""
        return str(self.id)

    @property
    def role_ids(self) -> frozenset[str]:
        """The ids of the roles that are shown."""
        return frozenset(str(role.roleid) for role in self.roles or ())
