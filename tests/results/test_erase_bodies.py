"""Which bodies an erasure looks into: those that write the person in any way that senders write text."""

import pytest

from etl.load.erased import Fact
from etl.results.erase_bodies import Written


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("ann@school.test", b'{"email": "Ann@School.TEST"}'),
        ("A/12", rb'{"idnumber": "A\/12"}'),
        ("ann\u00e9@school.test", rb'{"email": "Ann\u00E9@school.test"}'),
        ("\u00c9l\u00e9onore", rb'{"login": "\u00e9L\u00C9ONORE"}'),
        ("ANN\u00c9", '{"login": "ann\u00e9"}'.encode()),
        ("17", b'{"userid":17,"grade":5}'),
        ("A&B", b"<leerling key='a&amp;b'/>"),
    ],
)
def test_a_body_is_looked_into_however_it_writes_the_person(value, body):
    assert Written([Fact("email", "", value)]).may_be_in(body)


@pytest.mark.parametrize(
    ("value", "body"),
    [
        ("ann@school.test", b'{"email": "bob@school.test"}'),
        ("17", b'{"userid":217,"time":1700000000}'),
    ],
)
def test_a_body_that_writes_nothing_of_the_person_is_left_alone(value, body):
    assert not Written([Fact("account", "", value)]).may_be_in(body)
