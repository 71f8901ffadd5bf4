"""Whatever a sender signs, it is a completion that the warehouse holds, or it has a reason: no crash."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from etl.connectors import registry
from etl.engine.bodies import Posted
from etl.engine.webhooks.heard import ReportedCompletion
from etl.engine.webhooks.integrations import Integration
from etl.errors import Malformed, RejectRecord
from etl.sandbox.anewspring import sender as anewspring
from etl.sandbox.elearning.sender import result
from tests.fixtures.properties import examples

ZONES = ("UTC", "Europe/Amsterdam", "America/New_York")
WORDS = st.one_of(
    st.sampled_from(["", " ", "-1", "7.5", "7,5", "1e9", "9" * 400, "NaN", "true", "2", "2026-02-30", "24:00:00",
                     "2026-01-12T24:00:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "\x00"]),
    st.text(max_size=40),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), WORDS),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(WORDS, inside, max_size=3),
    max_leaves=6,
)
ELEMENTS = ["PersoonExterneId", "Elearningcode", "Resultaat", "Presentie", "Slaging", "DatumVoltooid"]
PATHS = [("event",), ("created",), ("user",), ("course",), ("subscription",), ("user", "id"), ("user", "uid"),
         ("course", "id"), *(("subscription", name) for name in ("completed", "completeDate", "completeDateTime",
                                                                 "grade", "passed"))]  # fmt: skip


def judged(system: str, body: bytes, zone: str) -> None:
    """Read a body; what comes out of it can be kept."""
    _, sender = registry.receiver_of(system)
    named = Integration("one", system, None, "sha1", zone, None, None, None, sends_result=False, active=True)
    with suppress(Malformed, RejectRecord):
        heard = sender.hear(Posted(body), named)
        told = (heard.person_id or "") + (heard.course_id or "")
        assert "\x00" not in told
        assert len(told) <= 400
        assert heard.said is None or isinstance(heard.said, ReportedCompletion | RejectRecord)
        if isinstance(heard.said, ReportedCompletion):
            assert heard.said.completed_at < datetime.now(UTC) + timedelta(days=1)
            assert heard.said.grade is None or heard.said.grade.is_finite()
            assert abs((heard.said.completed_at.date() - heard.said.completed_on).days) <= 1


@examples(200)
@given(st.lists(st.tuples(st.sampled_from(PATHS), VALUES), max_size=4), st.sampled_from(ZONES), st.booleans())
def test_any_value_anywhere_in_an_event_of_anewspring(changes, zone, is_xml):
    said = anewspring.completed("X1", "12", grade=8, passed=True)
    for path, value in changes:
        place = said
        for name in path[:-1]:
            place = place[name] if isinstance(place.get(name), dict) else place.setdefault(f"no {name}", {})
        place[path[-1]] = value
    with suppress(ValueError):  # what has no form in XML cannot be sent
        body = anewspring.as_xml(said) if is_xml else json.dumps(said).encode()
        judged("anewspring", body, zone)


@examples(200)
@given(
    st.dictionaries(
        st.sampled_from(
            ["PersoonExterneId", "Elearningcode", "Resultaat", "Presentie", "Slaging", "DatumVoltooid"]
        ),
        WORDS,
    ),
    st.sampled_from(["elearning", "certwell"]),
    st.sampled_from(ZONES),
)
def test_any_value_in_a_generic_message(said, system, zone):
    usual = {"PersoonExterneId": "1001", "Elearningcode": "V-1", "DatumVoltooid": "2026-01-13"} | said
    with suppress(ValueError):
        body = result(
            usual.pop("PersoonExterneId"), usual.pop("Elearningcode"), usual.pop("DatumVoltooid"), **usual
        )
        judged(system, body, zone)


@examples(200)
@given(
    st.integers(0, 400),
    st.integers(0, 40),
    st.binary(max_size=8),
    st.sampled_from(["elearning", "anewspring"]),
)
def test_bytes_that_were_cut_out_or_replaced(start, length, put, system):
    said = anewspring.completed("X1", "12", grade=8)
    whole = result("1001", "V-1", Resultaat="8") if system == "elearning" else anewspring.as_json(said)
    judged(system, whole[:start] + put + whole[start + length :], "UTC")
