"""Whatever is wrong with a message, it is refused with a fault or read with its bad rows listed: no crash."""

from contextlib import suppress
from copy import deepcopy

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from etl.connectors.iep_lvs.derive import MessageBatch
from etl.connectors.iep_lvs.intake import without_header
from etl.connectors.iep_lvs.reading import Message, Open, read
from etl.connectors.iep_lvs.test_results import derive
from etl.engine.hardened import as_utf8
from etl.errors import NotTaken
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.school import KEY
from tests.fixtures.properties import examples

SENT = [etree.fromstring(Sender("", KEY).envelope(samples()[name])) for name in ("first_night", "deviating")]
NIGHTS = [etree.fromstring(samples()[name]) for name in ("first_night", "deviating")]
PUPILS = pd.DataFrame(
    {"scheme": "leerlingid:99QQ00", "value": ["LL-7001", "LL-7002"], "client_code": ["P1", "P2"]}, dtype="str"
)
EXCLUDED = pd.DataFrame({"pattern": ["doorstroomtoets"]}, dtype="str")
TEXT = st.one_of(
    st.sampled_from(["", " ", "X", "-1", "7.5", "1e9", "9" * 400, "2026-02-30", "2026-01-12Z", "0000-01-01", "24:00:00",
                     "2026-01-12T24:00:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "<1F", "NaN"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cc"]), max_size=300),
)  # fmt: skip


@st.composite
def spoiled(draw: st.DrawFn, documents: list[etree._Element] = NIGHTS) -> bytes:
    """A message in which texts were replaced, and elements dropped, doubled, moved or renamed."""
    root = deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(1, 4))):
        element = draw(st.sampled_from(list(root.iter("*"))))
        parent = element.getparent()
        change = draw(st.sampled_from(["text", "drop", "double", "move", "rename", "attribute", "tail"]))
        if change == "text":
            element.text = draw(TEXT)
        elif change == "tail":
            element.tail = draw(TEXT)
        elif change == "attribute":
            element.set(draw(st.sampled_from(["key", "type", "{urn:x}y"])), draw(TEXT))
        elif change == "rename":
            element.tag = draw(st.sampled_from([str(other.tag) for other in root.iter("*")]))
        elif parent is not None:
            place = draw(st.integers(0, len(parent)))
            if change == "double":
                parent.insert(place, deepcopy(element))
            elif change == "move":
                parent.insert(place, element)
            else:
                parent.remove(element)
    return etree.tostring(root)


@examples(80)
@given(spoiled(), st.booleans())
def test_a_spoiled_message_is_refused_or_read(document: bytes, lenient: bool) -> None:
    message = Message()
    try:
        school = read(as_utf8(document), Open(lenient), message)
    except NotTaken:
        return
    numbers = [result.number for result in message.results]
    assert len(set(numbers)) == len(numbers)
    assert {measure.number for measure in message.measures} <= set(numbers)
    assert max(numbers, default=-1) < message.delivered
    assert lenient or not message.unreadable
    batch = MessageBatch()
    batch.add(
        {"message_id": 1, "scope": "99QQ00/1", "brin6": "99QQ00", "is_test": False},
        message,
        school.school_year,
    )
    derived = derive(batch.deliveries, PUPILS, EXCLUDED)
    good = derived.results["number"].tolist()
    assert len(good) + len(derived.rejected) <= message.delivered
    assert set(derived.measures["number"]) == set(good)


@examples(120)
@given(spoiled(SENT), st.booleans())
def test_whatever_may_be_kept_says_the_same_when_it_is_read_again(envelope: bytes, lenient: bool) -> None:
    gate, message, again = Open(lenient), Message(), Message()
    with suppress(NotTaken):
        text = as_utf8(envelope)
        school = read(text, gate, message)
        if gate.header is None:  # the receiver's own gate refuses it
            return
        kept = without_header(text, gate.header.key)
        assert gate.header.key.encode() not in kept
        try:
            assert read(kept, Open(lenient), again) == school
        except NotTaken as fault:
            raise AssertionError("kept, and cannot be read again") from fault
        assert again == message


@examples(100)
@given(st.integers(0, 4000), st.integers(0, 40), st.binary(max_size=8))
def test_bytes_that_were_cut_out_or_replaced_are_refused_or_read(start: int, length: int, put: bytes) -> None:
    whole = samples()["first_night"]
    with suppress(NotTaken):
        assert read(as_utf8(whole[:start] + put + whole[start + length :]), Open(lenient=True), Message())
