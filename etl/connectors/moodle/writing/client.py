"""Moodle's web service: the calls that write, and what they are settled by (docs/connectors/moodle.md, Writing).

What each call may raise stands in etl/connectors/moodle/writing/answers.py. One row a call: where several go together
one malformed value sinks all, and older sites have sent the mails of accounts that they roll back.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from etl.connectors.moodle import contract
from etl.connectors.moodle.activity_names import decode_contents
from etl.connectors.moodle.writing.answers import NotWritten
from etl.connectors.moodle.writing.calls import WritingCalls, as_text, one_row
from etl.connectors.moodle.writing.records import (
    CourseSettings,
    ManualEnrolment,
    NewAccount,
    NewCourse,
    RoleHolder,
    SiteAccount,
    SiteCategory,
    SiteCourse,
)
from etl.engine.decoding import outline
from etl.errors import CapabilityMissing
from etl.transform.normal_form import folded_text

IMPORT_TIMEOUT: Final = 900.0  # of silence: a large course is backed up and restored before the first byte
# Columns of an account. What is longer fails in the site's database, in words that leave open whether it was written.
_LONGEST: Final = {
    "middlename": 255,
    "idnumber": 255,
    "username": 100,
    "firstname": 100,
    "lastname": 100,
    "email": 100,
}
_GUEST: Final = "guest"  # every site has this account, and it stands in no course


class _Users(msgspec.Struct):
    users: list[SiteAccount]


class _Courses(msgspec.Struct):
    courses: list[SiteCourse]


_users: Final = msgspec.json.Decoder(_Users)
_courses: Final = msgspec.json.Decoder(_Courses)
_categories: Final = msgspec.json.Decoder(list[SiteCategory])
_role_holders: Final = msgspec.json.Decoder(list[RoleHolder])


class MoodleWriter(WritingCalls):
    """One Moodle site, to write to. Readings are repeated while the site says "later"; nothing is written twice."""

    # People

    def find_accounts(self, wanted: Mapping[str, str]) -> list[SiteAccount]:
        """The accounts with exactly these values (id, idnumber, username, email, firstname, lastname; all of them).

        The site compares by LIKE, with % and _ as wildcards. CapabilityMissing where it hides what was asked for.
        """
        if not wanted or not all(value.strip() for value in wanted.values()):
            return []  # an empty value would find whoever has none
        pairs = {
            f"criteria[{n}][{part}]": text
            for n, criterion in enumerate(wanted.items())
            for part, text in zip(("key", "value"), criterion, strict=True)
        }
        function = "core_user_get_users"
        found = outline(self._read(function, "site", pairs), _users, "accounts").users
        matching = []
        for account in found:
            holds = account.holds(wanted)
            if holds is None:
                raise CapabilityMissing(
                    f"{self._system}: {function}: accounts are found whose {', '.join(wanted)} is not shown: give the"
                    " service account's role moodle/site:viewuseridentity and moodle/user:viewalldetails"
                )
            if holds:
                matching.append(account)
        return matching

    def account(self, user_id: str) -> SiteAccount | None:
        """An account by its id; None where it was deleted."""
        return next(iter(self.find_accounts({"id": user_id})), None)

    def sees_accounts(self) -> bool:
        """Does the site show the service account everybody? Else it finds nobody, and says nothing of that."""
        return bool(self.find_accounts({"username": _GUEST}))

    def create_account(self, new: NewAccount) -> str:
        """Make an account and return its id. Moodle mails the way in, unless its authentication method has another."""
        row = {
            "username": new.username.strip().lower(),
            "firstname": new.firstname,
            "middlename": new.middlename,
            "lastname": new.lastname,
            "email": new.email,
            "idnumber": new.idnumber,
        }
        way_in = {"auth": new.auth} if new.auth else {"createpassword": "1"}
        given = {name: text for name, text in row.items() if text}
        self._check_lengths("core_user_create_users", given)
        return self._make("core_user_create_users", "account", "users", given | way_in)

    def try_creating_account(self) -> None:
        """Raises NotWritten where accounts may be made, else CapabilityMissing; the user name is taken,
        and it has no way in.
        """
        row = {"username": _GUEST, "firstname": "x", "lastname": "x", "email": "x@localhost.invalid"}
        self._make("core_user_create_users", "account", "users", row)

    def update_account(self, user_id: str, changes: Mapping[str, str | bool]) -> None:
        """Change these fields of an account: idnumber, username, firstname, middlename, lastname, email, suspended."""
        row = {name: as_text(value) for name, value in changes.items()}
        if "username" in row:
            row["username"] = row["username"].strip().lower()
        self._check_lengths("core_user_update_users", row)
        self._update("core_user_update_users", "account", "users", {"id": user_id} | row)

    def _check_lengths(self, function: str, row: Mapping[str, str]) -> None:
        for name, text in row.items():
            if name in _LONGEST and len(text) > _LONGEST[name]:
                told = f"{self._system}: {function}: {name} has more than {_LONGEST[name]} characters"
                raise NotWritten("value_not_taken", told, "too_long")

    # Enrolments

    def enrol(self, enrolment: ManualEnrolment, suspend: bool = False) -> None:
        """Enrol somebody, or give their manual enrolment these times, this role besides and this status."""
        row = {
            "roleid": enrolment.role_id,
            "userid": enrolment.user_id,
            "courseid": enrolment.course_id,
            "timestart": str(enrolment.timestart),
            "timeend": str(enrolment.timeend),
            "suspend": as_text(suspend),
        }
        self._do("enrol_manual_enrol_users", "enrolment", one_row("enrolments", row))

    def unenrol(self, user_id: str, course_id: str) -> None:
        """Remove somebody's manual enrolment, whatever their role in the course; who has none stays without."""
        row = {"userid": user_id, "courseid": course_id}
        self._do("enrol_manual_unenrol_users", "enrolment", one_row("enrolments", row))

    def check_participants(self, course_id: str) -> None:
        """Raises CapabilityMissing where a course is, or may be, in separate groups that the account may not see."""
        course = self.course(course_id)
        if course is None or course.groupmode in (None, contract.SEPARATE_GROUPS):
            self.check_groups(course_id)

    def role_holders(self, course_id: str, user_id: str | None = None) -> list[RoleHolder]:
        """Everybody enrolled in a course, by whatever method and suspended ones too, with their roles there."""
        body = self.enrolled_users(course_id, ["roles"], only_active=False)
        everybody = outline(body, _role_holders, "participants")
        return [one for one in everybody if user_id in (None, one.user_id)]

    def active_users(self, course_id: str) -> set[str]:
        """Whose enrolment in a course is active, by user id: neither suspended, nor over, nor still to begin."""
        everybody = outline(self.enrolled_users(course_id, []), _role_holders, "participants")
        return {one.user_id for one in everybody}

    # Courses

    def courses_named(self, idnumber: str) -> list[SiteCourse]:
        """The courses with this idnumber, compared as the administration compares its codes."""
        wanted = folded_text(idnumber)
        if not wanted:
            return []
        return [
            one for one in self._courses_by("idnumber", idnumber) if folded_text(one.idnumber or "") == wanted
        ]

    def course(self, course_id: str) -> SiteCourse | None:
        """A course by its id; None where it is gone, or hidden from the service account."""
        return next(iter(self._courses_by("id", course_id)), None)

    def categories(self) -> list[SiteCategory]:
        """The tree of categories, each behind the one above it."""
        return outline(self._read("core_course_get_categories", "site"), _categories, "categories")

    def create_course(self, new: NewCourse) -> str:
        """Make a course and return its id."""
        row = {
            "fullname": new.fullname,
            "shortname": new.shortname,
            "categoryid": new.category_id,
            "idnumber": new.idnumber,
        }
        return self._make("core_course_create_courses", "course", "courses", row | _settings(new.settings))

    def try_creating_course(self, category_id: str) -> None:
        """Raises NotWritten where courses may be made in a category, else CapabilityMissing; this one never is: it ends
        before it starts.
        """
        row = {"fullname": "x", "shortname": "x", "categoryid": category_id, "startdate": "2", "enddate": "1"}
        self._make("core_course_create_courses", "course", "courses", row)

    def update_course(self, course_id: str, settings: CourseSettings) -> None:
        """Give a course these dates and this visibility; both dates go, since Moodle compares only what is sent."""
        row = {"id": course_id} | _settings(settings)
        self._update("core_course_update_courses", "course", "courses", row)

    def course_activities(self, course_id: str) -> dict[str, str]:
        """The activities of a course: their types by their ids."""
        found = decode_contents(self.contents(course_id))
        return dict(zip(found["activity_id"], found["module"], strict=True))

    def import_course(self, from_id: str, to_id: str) -> None:
        """Add every activity of one course to another. Each call adds them again."""
        given = {"importfrom": from_id, "importto": to_id, "deletecontent": "0"}
        self._do("core_course_import_course", "import", given, IMPORT_TIMEOUT)

    # What the site offers

    def functions(self) -> frozenset[str]:
        """The functions that the token may call."""
        return frozenset(one.name for one in contract.decode_site_info(self.site_info()).functions)

    def _courses_by(self, field: str, value: str) -> list[SiteCourse]:
        asked = {"field": field, "value": value}
        return outline(
            self._read("core_course_get_courses_by_field", "site", asked), _courses, "courses"
        ).courses


def _settings(settings: CourseSettings) -> dict[str, str]:
    visible = {"visible": as_text(settings.visible)}
    if settings.startdate is None:
        return visible
    return {"startdate": str(settings.startdate), "enddate": str(settings.enddate)} | visible
