"""Accreditations and profession groups: the list, and what is entered of each."""

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from etl import db
from etl.pages import row_form
from etl.pages.access import visitor_of
from etl.pages.asked import Org
from etl.pages.host import PagesHost
from etl.pages.render import html
from etl.pages.row_form import Field, RowForm
from etl.reference.entering import file_named

_MOST: Final = 100  # rows of a page
Chosen = Annotated[str | None, Query(max_length=200)]

_TYPES: Final = (
    ("2", "2: e-learning"),
    ("3", "3: expertise group"),
    ("1", "1: classroom, by meeting"),
    ("4", "4: classroom, whole"),
)
ACCREDITATION: Final = RowForm(
    file_named("accreditations"),
    "accreditation",
    "points",
    "accreditations",
    "Accreditation",
    "For one course of ours, in one period, a profession group grants points, as one course of PE-Online. It reaches"
    " back to passes inside its period.",
    (
        Field("org_id", "Profession group", choices="pages/row_form.groups"),
        Field("source", "Our source", choices="pages/row_form.sources"),
        Field("source_course_id", "Our course", "its id there"),
        Field("valid_from", "First day of the period"),
        Field(
            "valid_to", "Last day of the period", "empty: no end. To end an accreditation, enter its last day"
        ),
        Field("pe_course_id", "Course ID at PE-Online", "this, or an own code"),
        Field("external_course_code", "Own code of the course there"),
        Field("pe_module_id", "Module ID at PE-Online", "where it is a module"),
        Field("external_module_code", "Own code of the module there"),
        Field("course_type", "Type of course", choices=_TYPES, rare=True),
        Field("pe_edition_id", "Edition ID", rare=True),
        Field("external_edition_id", "Own code of the edition", rare=True),
        Field("pe_meeting_id", "Meeting ID", rare=True),
        Field("external_meeting_id", "Own code of the meeting", rare=True),
    ),
    {"course_type": "2"},
)
GROUP: Final = RowForm(
    file_named("profession_groups"),
    "profession-group",
    "points",
    "points",
    "Profession group",
    "A register of PE-Online, how its relation numbers look, and the account that may write there. Nothing is sent for"
    " one that is not active.",
    (
        Field("org_id", "orgID", "its number at PE-Online"),
        Field("name", "Name"),
        Field("active", "Active"),
        Field("number_scheme", "Relation numbers stand under", "scheme in client_numbers.csv, such as pe:52"),
        Field("number_pattern", "Form of a relation number", "a regular expression, such as ^\\d{11}$"),
        Field("connection_id", "Account", "the Airflow connection with userID and userKey"),
    ),
    {"active": "true", "connection_id": "pe_online"},
)


def router(host: PagesHost) -> APIRouter:
    """The list, and both forms."""
    pages = APIRouter()

    @pages.get("/accreditations", dependencies=[visitor_of(host, "accreditations")])
    def accreditations(
        request: Request,
        org_id: Org = None,
        course: Chosen = None,
        after_org: int = 0,
        after_source: str = "",
        after_course: str = "",
        after_from: date = date.min,
    ) -> Response:
        chosen = {"org_id": org_id, "course": (course or "").strip() or None}
        after = {
            "after_org": after_org,
            "after_source": after_source,
            "after_course": after_course,
            "after_from": after_from,
        }
        with host.engine().connect() as session:
            groups = db.rows(session, "pages/points.groups")
            rows = db.rows(session, "pages/points.accreditations", **chosen, **after, most=_MOST + 1)
        more = rows[_MOST - 1] if len(rows) > _MOST else None
        return html(
            request,
            "accreditations",
            groups=groups,
            rows=rows[:_MOST],
            chosen=chosen,
            more=more,
            today=date.today(),
        )

    for form in (ACCREDITATION, GROUP):
        pages.include_router(row_form.router(host, form.address, form.always))
    return pages
