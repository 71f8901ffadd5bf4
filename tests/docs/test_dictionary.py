"""The data dictionary says what the schema says (docs/design.md, Warehouse)."""

import pytest

from etl import db
from etl.docs.dictionary import PAGE, dictionary


@pytest.fixture
def session(warehouse):
    engine = db.engine(warehouse)
    with engine.connect() as session:
        yield session
    engine.dispose()


def test_every_public_view_and_column_is_explained(session):
    columns = db.rows(session, "docs/dictionary.views")

    assert {"unit_results", "enrolments", "course_completions", "pe_attendance", "rejections", "runs"} <= {
        column["view"] for column in columns
    }
    assert [(column["view"], column["column"]) for column in columns if not column["about"]] == []
    assert [column["view"] for column in columns if not column["about_view"]] == []


def test_every_table_is_explained(session):
    assert [
        table["table"] for table in db.rows(session, "docs/dictionary.tables") if not table["about"]
    ] == []


def test_the_page_in_docs_is_what_the_schema_says(session):
    assert PAGE.read_text(encoding="utf-8") == dictionary(session)
