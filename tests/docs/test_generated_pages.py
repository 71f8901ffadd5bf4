"""Pages that are made from the product say what the product says."""

import pytest

from etl.connectors.registry import CONNECTORS
from etl.docs import connectors, reference_files
from etl.reference.spec import FILES


@pytest.mark.parametrize(
    ("page", "made"),
    [
        (connectors.PAGE, connectors.connectors_page),
        (reference_files.PAGE, reference_files.reference_files_page),
    ],
)
def test_the_page_in_docs_is_what_the_product_says(page, made):
    assert page.read_text(encoding="utf-8") == made()


@pytest.mark.parametrize("system", [one.system for one in CONNECTORS])
def test_every_connector_has_a_page_that_says_what_an_administrator_sets_up(system):
    page = (connectors.PAGE.parent / f"{system}.md").read_text(encoding="utf-8")

    assert "\n## Setting up\n" in page


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_reference_file_says_what_it_is(file):
    assert file.about


def test_every_column_says_what_it_holds():
    page = reference_files.PAGE.read_text(encoding="utf-8")

    assert "|  |" not in page
    assert all(
        f"| {column.name} |" in page or f"| **{column.name}** |" in page
        for file in FILES
        for column in file.columns
    )
