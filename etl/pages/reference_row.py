"""A row of a reference file that has no page of its own: opened by its key, entered, changed and removed."""

from typing import Final

from fastapi import APIRouter

from etl.errors import InvalidInput
from etl.files.columns import Column, File
from etl.files.kinds import OneOf, boolean, code, day, in_words, text
from etl.pages import row_form
from etl.pages.host import PagesHost
from etl.pages.render import label
from etl.pages.row_form import Field, RowForm
from etl.reference.entering import Row, file_named
from etl.reference.spec import FILES

ADDRESS: Final = "reference-row"
# Where the rows of other files are entered.
_ELSEWHERE: Final = {
    "integrations": "integration",
    "course_links": "mapping",
    "activity_links": "mapping",
    "competence_links": "competences",
    "profession_groups": "profession-group",
    "accreditations": "accreditation",
    "school_links": "schools",
}


def place_of(file: File) -> str:
    """The address beside this page where rows of a file are entered."""
    return _ELSEWHERE.get(file.name) or f"{ADDRESS}?file={file.name}"


def router(host: PagesHost) -> APIRouter:
    """The form of a row of the file that the address names."""
    return row_form.router(host, ADDRESS, _form_of)


def _form_of(asked: Row) -> RowForm:
    name = asked.get("file", "")
    if name not in _FORMS:
        file = file_named(name)
        raise InvalidInput(f"Rows of {file.filename} have a page of their own: {place_of(file)}.")
    return _FORMS[name]


def _form(file: File) -> RowForm:
    return RowForm(
        file,
        ADDRESS,
        "reference-data",
        "reference-data",
        f"Row of {file.filename}",
        f"{file.about}.",
        tuple(map(_field, file.columns)),
        {column.name: column.default for column in file.columns if column.default and not column.no_default},
        asks={"file": file.name},
        begins=True,
    )


def _field(column: Column) -> Field:
    words = column.kind.words if isinstance(column.kind, OneOf) else ()
    return Field(column.name, label(column.name), _hint(column), tuple((one, one) for one in words))


def _hint(column: Column) -> str:
    if column.references:
        return f"one of {column.references}.csv"
    if column.ids_of:
        return "its id there"
    plain = isinstance(column.kind, OneOf) or column.kind in (boolean, day, code, text)
    return "" if plain else in_words(column.kind)


_FORMS: Final = {file.name: _form(file) for file in FILES if file.name not in _ELSEWHERE}
