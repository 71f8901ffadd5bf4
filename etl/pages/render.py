"""Pages as HTML: one layout, one way to write a number, a time and a duration."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from fastapi import Request, Response
from fastapi.templating import Jinja2Templates

from etl.pages.access import RIGHTS
from etl.results.why.shape import told_columns
from etl.words import counted, full_stop

HERE: Final = Path(__file__).parent
# The menu: address, and the word for it. A page that the visitor may not open is not in it.
MENU: Final = {
    "tonight": "Tonight",
    "results": "Results",
    "mapping": "Mapping",
    "enrolments": "Enrolments",
    "competences": "Competences",
    "points": "Points",
    "schools": "Schools",
    "registrations": "Registrations",
    "rejections": "Rejections",
    "person": "A person",
    "reference-data": "Reference data",
}
_LABELS: Final = {
    "sha256": "SHA-256",
    "run_id": "Run",
    "source_course_id": "Course",
    "client_code": "Client",
    "attendance_id": "Point",
    "org_id": "orgID",
    "completion_id": "Completion",
    "message_id": "Message",
    "course_id": "Course",
    "grade_percent": "Grade, %",
    "body_is_kept": "Kept",
}
_HOUR: Final = timedelta(hours=1)
_MINUTE: Final = timedelta(minutes=1)


def number(value: int) -> str:
    """40,321"""
    return f"{value:,}"


def moment(value: datetime | None) -> str:
    """2026-11-26 04:00 UTC; empty where there is none."""
    return f"{value:%Y-%m-%d %H:%M} UTC" if value else ""


def took(value: timedelta | None) -> str:
    """3 min 12 s; a dash where it is not known."""
    if value is None:
        return "–"
    if value < _MINUTE:
        return f"{value.total_seconds():.0f} s"
    if value < _HOUR:
        return f"{value // _MINUTE} min {value % _MINUTE // timedelta(seconds=1)} s"
    return f"{value // _HOUR} h {value % _HOUR // _MINUTE} min"


def label(name: str) -> str:
    """The name of a column, as people read it."""
    return _LABELS.get(name, name[:1].upper() + name[1:].replace("_", " "))


def value(shown: Any) -> str:
    """A value of any kind."""
    if shown is None:
        return ""
    if isinstance(shown, bool):
        return "yes" if shown else "no"
    if isinstance(shown, Decimal | float):
        return f"{Decimal(str(shown)).normalize():f}"
    return moment(shown) if isinstance(shown, datetime) else str(shown)


def _templates() -> Jinja2Templates:
    templates = Jinja2Templates(HERE / "templates")
    templates.env.trim_blocks = templates.env.lstrip_blocks = True
    templates.env.filters |= {"number": number, "moment": moment, "took": took, "label": label}
    templates.env.filters |= {
        "value": value,
        "told_columns": told_columns,
        "counted": counted,
        "full_stop": full_stop,
    }
    return templates


_TEMPLATES: Final = _templates()


def compile_templates() -> None:
    """When the pages start, so that nobody who opens one waits for it."""
    for name in _TEMPLATES.env.list_templates():
        _TEMPLATES.env.get_template(name)


def html(request: Request, page: str, status: int = 200, **shown: Any) -> Response:
    """The page of this name. What it shows of people is kept by no browser: nothing of a page is."""
    visitor = getattr(request.state, "visitor", None)
    rights = visitor.rights if visitor else frozenset()
    menu = {address: word for address, word in MENU.items() if RIGHTS[address] in rights}
    host = request.app.state.host
    below = request.url.path.removeprefix(request.scope.get("root_path", "")).lstrip("/")
    context = {
        "page": page,
        "up": "../" * below.count("/"),  # from an address below another one to where all of them stand
        "menu": menu,
        "visitor": visitor,
        "airflow": host.airflow,
        "status": status,
        "rights": rights,
        **shown,
    }
    return _TEMPLATES.TemplateResponse(request, f"{page}.html", context, status_code=status)
