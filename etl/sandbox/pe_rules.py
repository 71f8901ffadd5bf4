"""PE-Online's judgement of one attendance row (spec/pe_online.md, Payload and Answer)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from etl.sandbox.pe_ledger import DUTCH_TIME, Account, Attendance, Course, Ledger

CLASSROOM_PER_MEETING, E_LEARNING, EXPERTISE_GROUP, CLASSROOM_WHOLE = 1, 2, 3, 4
WITH_EDITION = (CLASSROOM_PER_MEETING, CLASSROOM_WHOLE)
WITH_END_DATE = (E_LEARNING, EXPERTISE_GROUP)


class Reason(Enum):
    """Why a row is refused: the code that the newer service puts into its text (if any), and the text."""

    COURSE_NOT_UNIQUE = ("ERROR1020", "cursus {course} is niet uniek binnen uw account")
    COURSE_UNKNOWN = ("ERROR1021", "cursus {course} is onbekend of niet geaccrediteerd door deze organisatie")
    EDITION_MISSING = ("ERROR1022", "uitvoering ontbreekt voor cursus {course}")
    NO_MANDATE = ("ERROR1030", "aanlevering door een reseller is niet toegestaan voor cursus {course}")
    PERSON_UNKNOWN = ("ERROR1050", "persoon {person} is onbekend")
    PERSON_MISSING = ("", "persoon is niet opgegeven voor cursus {course}")
    EDITION_UNKNOWN = ("", "uitvoering {edition} is onbekend voor cursus {course}")
    EDITION_PRESENT = ("", "uitvoering mag niet opgegeven worden voor cursus {course}")
    MEETING_MISSING = ("", "bijeenkomst ontbreekt voor cursus {course}")
    MEETING_UNKNOWN = ("", "bijeenkomst {meeting} is onbekend voor cursus {course}")
    MEETING_PRESENT = ("", "bijeenkomst mag niet opgegeven worden voor cursus {course}")
    MODULE_MISSING = ("", "module ontbreekt voor cursus {course}")
    MODULE_UNKNOWN = ("", "module {module} is onbekend voor cursus {course}")
    END_DATE_PRESENT = ("", "einddatum mag niet opgegeven worden voor cursus {course}")
    END_DATE_MISSING = ("", "einddatum ontbreekt voor cursus {course}")
    OUTSIDE_ACCREDITATION = ("", "datum {date} valt buiten de accreditatieperiode van cursus {course}")
    OUTSIDE_REGISTRATION = ("", "datum {date} valt buiten de registratieperiode van cursus {course}")

    @property
    def code(self) -> str:
        """ERROR and a number; empty where the newer service has none either."""
        return self.value[0]

    def text(self, row: Attendance) -> str:
        """The reason in Dutch, with the numbers of the row."""
        day = f"{row.ended:%d-%m-%Y}" if row.ended else ""
        template: str = self.value[1]
        return template.format(**vars(row), date=day)


class RefusedError(Exception):
    """A row that is not processed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


@dataclass(frozen=True)
class Judged:
    """A good row: the course it is for, and the key under which it is booked."""

    course: Course
    module: str
    moment: str


@dataclass(frozen=True)
class Judge:
    """Judges the rows of one call."""

    ledger: Ledger
    account: Account
    org_id: int
    registration_months: int | None  # after the accreditation period; None: for ever

    def judge(self, row: Attendance) -> Judged:
        """Raises RefusedError with the first thing that is wrong."""
        courses = self._courses(row)
        self._check_person(row)
        course = courses[0]
        self._check_presence(row, course.course_type)
        module = self._module(row, course)
        if course.course_type in WITH_EDITION:
            return Judged(course, module, self._meeting(row, course))
        if row.ended is None:
            raise RefusedError(Reason.END_DATE_MISSING)
        return Judged(self._accreditation(courses, row.ended.date()), module, _moment(row.ended))

    def _courses(self, row: Attendance) -> list[Course]:
        courses = self.ledger.courses(self.org_id, row.course, external="course" in row.external)
        if not courses:
            raise RefusedError(Reason.COURSE_UNKNOWN)
        if len({course.pe_course_id for course in courses}) > 1:
            raise RefusedError(Reason.COURSE_NOT_UNIQUE)
        if not self.account.may_send_for(courses[0].provider):
            raise RefusedError(Reason.NO_MANDATE)
        return courses

    def _check_person(self, row: Attendance) -> None:
        if not row.person:
            raise RefusedError(Reason.PERSON_MISSING)
        if not self.ledger.knows_person(self.org_id, row.person):
            raise RefusedError(Reason.PERSON_UNKNOWN)

    def _check_presence(self, row: Attendance, course_type: int) -> None:
        """The table of course types against elements."""
        faults = {
            Reason.END_DATE_PRESENT: row.end_date and course_type in WITH_EDITION,
            Reason.EDITION_MISSING: not row.edition and course_type in WITH_EDITION,
            Reason.EDITION_PRESENT: row.edition and course_type == E_LEARNING,
            Reason.MEETING_MISSING: not row.meeting and course_type == CLASSROOM_PER_MEETING,
            Reason.MEETING_PRESENT: row.meeting and course_type == E_LEARNING,
        }
        for reason, fault in faults.items():
            if fault:
                raise RefusedError(reason)

    def _module(self, row: Attendance, course: Course) -> str:
        modules = self.ledger.modules(course)
        if modules and not row.module:
            raise RefusedError(Reason.MODULE_MISSING)
        column = "external_module_id" if "module" in row.external else "pe_module_id"
        found = [str(module["pe_module_id"]) for module in modules if str(module[column]) == row.module]
        if row.module and not found:
            raise RefusedError(Reason.MODULE_UNKNOWN)
        return found[0] if found else ""

    def _meeting(self, row: Attendance, course: Course) -> str:
        edition = "external_edition_id" if "edition" in row.external else "pe_edition_id"
        meeting = "external_meeting_id" if "meeting" in row.external else "pe_meeting_id"
        found = [m for m in self.ledger.meetings(course) if str(m[edition]) == row.edition]
        if not found:
            raise RefusedError(Reason.EDITION_UNKNOWN)
        if course.course_type == CLASSROOM_PER_MEETING:
            found = [m for m in found if str(m[meeting]) == row.meeting]
        if not found:
            raise RefusedError(Reason.MEETING_UNKNOWN)
        pe_meeting = found[0]["pe_meeting_id"] if row.meeting else 0
        return f"{found[0]['pe_edition_id']}/{pe_meeting}"

    def _accreditation(self, courses: list[Course], day: date) -> Course:
        for course in courses:
            if course.accredited_on(day):
                return self._registrable(course)
        raise RefusedError(Reason.OUTSIDE_ACCREDITATION)

    def _registrable(self, course: Course) -> Course:
        if self.registration_months is not None:
            last = _add_months(date.fromisoformat(course.valid_to), self.registration_months)
            if datetime.now(DUTCH_TIME).date() > last:
                raise RefusedError(Reason.OUTSIDE_REGISTRATION)
        return course


def _moment(ended: datetime) -> str:
    return ended.replace(tzinfo=None).isoformat()


def _add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, 28))
