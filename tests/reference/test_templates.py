"""The data that a site may start from is itself a set that may be imported."""

import re
from pathlib import Path

import pandas as pd
import pytest

from etl import reference

TEMPLATES = Path(reference.__file__).parent / "templates"


def test_the_template_of_profession_groups_has_no_wrong_line():
    assert reference.check(TEMPLATES, None) == []


@pytest.mark.parametrize(
    ("org_id", "number", "fits"),
    [
        (52, "052001", True),
        (52, "19022000101", True),
        (52, "52005", False),
        (19, "19022000101", True),
        (35, "1-12345-67-890", True),
        (39, "nirpa-1234567", True),
        (73, "CIP-12345", False),
        (42, "7", True),
    ],
)
def test_relation_numbers_have_the_form_that_the_profession_group_asks_for(org_id, number, fits):
    groups = pd.read_csv(TEMPLATES / "profession_groups.csv", index_col="org_id")
    assert bool(re.fullmatch(groups.loc[org_id, "number_pattern"], number)) is fits
