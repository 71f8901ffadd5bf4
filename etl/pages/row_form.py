"""One row of reference data on a page: entered, changed, removed, and tried before; the rules are those of imports."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from etl import db
from etl.errors import EtlError, InvalidInput
from etl.files.columns import File
from etl.files.kinds import boolean, day
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.render import html
from etl.reference import effect, entering
from etl.reference.entering import Row, WrongRow

_MISTAKEN: Final = 409
_NOT_NOW: Final = 503
_YES_NO: Final = (("true", "yes"), ("false", "no"))
Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Field:
    """A column as people know it. ``choices``: values with their words, or the statement that finds them; ``rare``:
    it stands behind the others.
    """

    column: str
    label: str
    hint: str = ""
    choices: Choices | str = ()
    rare: bool = False


@dataclass(frozen=True)
class RowForm:
    """The form of a row of a file, at an address, and the list that it belongs to; ``new``: what a row that is begun
    says. ``asks``: what the address asks besides the key. ``begins``: a key of which no row stands begins one, after
    the whole key was asked for; else it is one of a row that is gone.
    """

    file: File
    address: str
    section: str
    back: str
    title: str
    about: str
    fields: tuple[Field, ...]
    new: Row
    asks: Row = field(default_factory=dict)
    begins: bool = False

    def always(self, _asked: Row) -> "RowForm":
        """This form, whatever is asked: that of an address with one file."""
        return self

    def at(self, row: Row) -> str:
        """The address of a row."""
        return f"{self.address}?{urlencode({**self.asks, **{name: row.get(name, '') for name in self.file.key}})}"

    def in_words(self, reason: str) -> str:
        """What is wrong, with the fields as they are called on the page."""
        labels = {one.column: f"“{one.label}”" for one in self.fields}
        return re.sub(r"\w+", lambda word: labels.get(word[0], word[0]), reason)


async def _sent(request: Request) -> Mapping[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


def router(host: PagesHost, address: str, form_of: Callable[[Mapping[str, str]], RowForm]) -> APIRouter:
    """The form that ``form_of`` gives for what is asked or sent, and what is done with it."""
    pages = APIRouter()

    @pages.get(f"/{address}", dependencies=[visitor_of(host, address)])
    def shown(request: Request) -> Response:
        asked = request.query_params
        form = form_of(asked)
        with host.engine().connect() as session:
            row = entering.standing(session, form.file, asked)
        missing = next((name for name in form.file.key if not asked.get(name)), "")
        if not (row or missing or form.begins):
            raise InvalidInput(f"No such row of {form.file.filename} stands any more.")
        begun = {**form.new, **{name: asked[name] for name in form.file.column_names if asked.get(name)}}
        missing = missing if form.begins else ""
        return _page(host, request, form, row or begun, entering.version(row), missing=missing)

    @pages.post(f"/{address}")
    def changed(
        request: Request,
        visitor: Annotated[Visitor, visitor_of(host, f"{address}/change")],
        sent: Annotated[Mapping[str, str], Depends(_sent)],
    ) -> Response:
        form = form_of(sent)
        row = {name: sent.get(name, "").strip() for name in form.file.column_names}
        do, seen = sent.get("do", ""), sent.get("seen", "")
        change = _change(form, row, seen, visitor.name, removing=do in ("try removal", "remove"))
        told: dict[str, Any] = {"removing": do == "try removal"}
        status = 200
        try:
            if do in ("save", "remove"):
                change(host.engine())
                return RedirectResponse(_done(form, do, row), status_code=303)
            told |= _tried(host, change)
        except WrongRow as wrong:
            told["reasons"] = {column: form.in_words(why) for column, why in wrong.reasons.items()}
            status = _MISTAKEN
        except InvalidInput as refused:
            told["refused"], status = form.in_words(str(refused)), _MISTAKEN
        except EtlError as problem:
            told["refused"], status = f"Nothing was changed: {problem}", _NOT_NOW
        return _page(host, request, form, row, seen, status, **told)

    return pages


def _done(form: RowForm, do: str, row: Row) -> str:
    """The list, which says what was done, of which row."""
    asked = {"done": f"{do}d", **form.asks, **{name: row[name] for name in form.file.key[:1]}}
    return f"{form.back}?{urlencode(asked)}#main"


def _change(form: RowForm, row: Row, seen: str, by: str, removing: bool) -> Callable[[Engine], list[str]]:
    """The change; it says what of it is perhaps not meant."""

    def change(engine: Engine) -> list[str]:
        if removing:
            key = {name: row[name] for name in form.file.key}
            entering.remove(engine, form.file, key, by, "page", seen)
            return []
        done = entering.enter(engine, form.file, row, by, "page", seen)
        return [form.in_words(one) for one in done.doubts]

    return change


def _tried(host: PagesHost, change: Callable[[Engine], list[str]]) -> dict[str, Any]:
    doubts: list[str] = []
    found = effect.what_would_change(host.engine(), host.connect, lambda trial: doubts.extend(change(trial)))
    return {"effect": effect.sentences(found), "doubts": doubts}


def _page(
    host: PagesHost, request: Request, form: RowForm, row: Row, seen: str, status: int = 200, **told: Any
) -> Response:
    columns = form.file.columns
    yes_or_no = {column.name: _YES_NO for column in columns if column.kind is boolean}
    with host.engine().connect() as session:
        choices = yes_or_no | {one.column: _choices(session, one) for one in form.fields if one.choices}
        course = _course(session, row)
    shown = {
        "form": form,
        "row": row,
        "seen": seen,
        "choices": choices,
        "course": course,
        "days": {column.name for column in columns if column.kind is day},
        "required": {column.name for column in columns if column.required and column.default is None},
        "reasons": {},
        "missing": "",
    }
    return html(request, "row-form", status, **(shown | told))


def _choices(session: Session, of: Field) -> Choices:
    if not isinstance(of.choices, str):
        return of.choices
    return tuple((str(row["value"]), row["word"]) for row in db.rows(session, of.choices))


def _course(session: Session, row: Row) -> str | None:
    """What the course of a row is called, where it names one; empty where no night has seen it."""
    named = {name: row.get(name, "") for name in ("source", "source_course_id")}
    if not all(named.values()):
        return None
    found = db.rows(session, "pages/row_form.course", **named)
    return str(found[0]["name"]) if found else ""
