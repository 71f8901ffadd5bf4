"""PE-Online's judgement of one attendance row (docs/connectors/pe_online.md, Payload)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from etl.sandbox.pe_online.ledger import DUTCH_TIME, BookedAccount, BookedAttendance, BookedCourse, Ledger

CLASSROOM_PER_MEETING, E_LEARNING, EXPERTISE_GROUP, CLASSROOM_WHOLE = 1, 2, 3, 4
WITH_EDITION = (CLASSROOM_PER_MEETING, CLASSROOM_WHOLE)


_ACCREDITED = "Cursus {course} op regel {line} is niet (juist) geaccrediteerd; "


class Reason(Enum):
    """Why a row is refused, in the service's own sentences: the long one, and the newer short one if it has one."""

    COURSE_NOT_UNIQUE = (
        "Cursus {course} op regel {line} is niet uniek binnen PE",
        "ERROR1020 Cursus niet uniek",
    )
    COURSE_UNKNOWN = ("Cursus {course} op regel {line} bestaat niet in PE", "ERROR1021 Cursus bestaat niet")
    NOT_ACCREDITED = (
        _ACCREDITED + "Niet geaccrediteerd bij een beroepsgroep van de organisatie {org}",
        "ERROR1021 Cursus {course} op regel {line} is niet geaccrediteerd",
    )
    EDITION_MISSING = (
        "Cursus {course} uitvoering op regel {line} niet opgegeven",
        "ERROR1022 Uitvoering (edition) niet meegegeven",
    )
    NO_MANDATE = (
        _ACCREDITED
        + "de presentie van deze cursus wordt bij geen enkele beroepsgroep door de opleider gedaan",
        "ERROR1030 Organisatie {org} die geen reseller-presentie toestaat",
    )
    PERSON_UNKNOWN = (
        "Professional {person} op regel {line} bestaat niet in PE",
        "ERROR1050 Professional {person} bestaat niet",
    )
    PERSON_MISSING = ("Professional op regel {line} niet opgegeven",)
    EDITION_UNKNOWN = ("Cursus {course} uitvoering {edition} op regel {line} bestaat niet in PE",)
    EDITIONS_PRESENT = (
        "Cursus {course} op regel {line} bevat editions en/of meetings, dat niet niet toegestaan voor e-learning",
    )
    MEETING_MISSING = ("Cursus {course} uitvoering {edition} bijeenkomst op regel {line} niet opgegeven",)
    MEETING_UNKNOWN = (
        "Cursus {course} uitvoering {edition} bijeenkomst {meeting} op regel {line} bestaat niet in PE",
    )
    MODULE_MISSING = ("Cursus {course} Module op regel {line} niet opgegeven",)
    MODULE_UNKNOWN = ("Cursus {course} Module {module} op regel {line} bestaat niet in PE",)
    END_DATE_PRESENT = (
        "Cursus {course} op regel {line} bevat een enddate, dit is niet mogelijk voor klassikaal",
    )
    END_DATE_MISSING = (
        "Cursus {course} op regel {line} bevat geen enddate, dit is verplicht voor e-learning",
    )
    END_DATE_MISSING_IN_GROUP = (
        "Cursus {course} op regel {line} bevat geen enddate, dit is verplicht voor groepen",
    )
    OUTSIDE_ACCREDITATION = (_ACCREDITED + "De datum {date} valt buiten alle accr. periodes",)
    OUTSIDE_REGISTRATION = (_ACCREDITED + "valt buiten alle periodes dat er registratie kan plaatsvinden",)

    def text(self, row: BookedAttendance, line: int, org_id: int, *, short: bool) -> str:
        """The sentence in Dutch, with the numbers of the row."""
        day = f"{row.ended:%d-%m-%Y}" if row.ended else ""
        template: str = self.value[-1] if short else self.value[0]
        return template.format(**vars(row), date=day, line=line, org=org_id)


class RefusedError(Exception):
    """A row that is not processed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


@dataclass(frozen=True)
class Judged:
    """A good row: the course it is for, and the key under which it is booked."""

    course: BookedCourse
    module: str
    moment: str


@dataclass(frozen=True)
class Judge:
    """Judges the rows of one call."""

    ledger: Ledger
    account: BookedAccount
    org_id: int
    registration_months: int | None  # after the accreditation period; None: for ever

    def judge(self, row: BookedAttendance) -> Judged:
        """Raises RefusedError with the first thing that is wrong."""
        courses = self._courses(row)
        self._check_person(row)
        course = courses[0]
        self._check_presence(row, course.course_type)
        module = self._module(row, course)
        if course.course_type in WITH_EDITION:
            return Judged(course, module, self._meeting(row, course))
        if row.ended is None:
            in_group = course.course_type == EXPERTISE_GROUP
            raise RefusedError(Reason.END_DATE_MISSING_IN_GROUP if in_group else Reason.END_DATE_MISSING)
        return Judged(self._accreditation(courses, row.ended.date()), module, _moment(row.ended))

    def _courses(self, row: BookedAttendance) -> list[BookedCourse]:
        courses = self.ledger.courses(self.org_id, row.course, external="course" in row.external)
        if not courses:
            known = self.ledger.is_course(row.course, external="course" in row.external)
            raise RefusedError(Reason.NOT_ACCREDITED if known else Reason.COURSE_UNKNOWN)
        if len({course.pe_course_id for course in courses}) > 1:
            raise RefusedError(Reason.COURSE_NOT_UNIQUE)
        if not self.account.may_send_for(courses[0].provider):
            raise RefusedError(Reason.NO_MANDATE)
        return courses

    def _check_person(self, row: BookedAttendance) -> None:
        if not row.person:
            raise RefusedError(Reason.PERSON_MISSING)
        if not self.ledger.knows_person(self.org_id, row.person):
            raise RefusedError(Reason.PERSON_UNKNOWN)

    def _check_presence(self, row: BookedAttendance, course_type: int) -> None:
        """The table of course types against elements."""
        faults = {
            Reason.END_DATE_PRESENT: row.end_date and course_type in WITH_EDITION,
            Reason.EDITION_MISSING: not row.edition and course_type in WITH_EDITION,
            Reason.MEETING_MISSING: not row.meeting and course_type == CLASSROOM_PER_MEETING,
            Reason.EDITIONS_PRESENT: (row.edition or row.meeting) and course_type == E_LEARNING,
        }
        for reason, fault in faults.items():
            if fault:
                raise RefusedError(reason)

    def _module(self, row: BookedAttendance, course: BookedCourse) -> str:
        modules = self.ledger.modules(course)
        if modules and not row.module:
            raise RefusedError(Reason.MODULE_MISSING)
        column = "external_module_id" if "module" in row.external else "pe_module_id"
        found = [str(module["pe_module_id"]) for module in modules if str(module[column]) == row.module]
        if row.module and not found:
            raise RefusedError(Reason.MODULE_UNKNOWN)
        return found[0] if found else ""

    def _meeting(self, row: BookedAttendance, course: BookedCourse) -> str:
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

    def _accreditation(self, courses: list[BookedCourse], day: date) -> BookedCourse:
        for course in courses:
            if course.accredited_on(day):
                return self._registrable(course)
        raise RefusedError(Reason.OUTSIDE_ACCREDITATION)

    def _registrable(self, course: BookedCourse) -> BookedCourse:
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
