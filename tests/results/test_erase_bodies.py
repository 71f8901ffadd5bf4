"""Which bodies an erasure looks into: those that write the person in any way that senders write text."""

import pytest

from etl.load.erased import Fact
from etl.results.erase_bodies import mentions, spellings


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("ann@school.test", b'{"email": "Ann@School.TEST"}'),
        ("A/12", rb'{"idnumber": "A\/12"}'),
        ("ann\u00e9@school.test", rb'{"email": "Ann\u00E9@school.test"}'),
        ("ANN\u00c9", '{"login": "ann\u00e9"}'.encode()),
        ("A&B", b"<leerling key='a&amp;b'/>"),
    ],
)
def test_a_body_is_looked_into_however_it_writes_the_person(value, body):
    assert mentions(body, spellings([Fact("email", "", value)]))


def test_a_body_that_writes_nothing_of_the_person_is_left_alone():
    assert not mentions(b'{"email": "bob@school.test"}', spellings([Fact("email", "", "ann@school.test")]))
