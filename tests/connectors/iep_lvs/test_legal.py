"""What the published schema and SOAP allow is taken; and whatever was acknowledged can be read again."""

import gzip
import zlib
from collections.abc import Callable

import pytest
import requests
from sqlalchemy import Engine

from etl.connectors.iep_lvs import links
from etl.connectors.iep_lvs.reading import Message, Open, read
from etl.engine.hardened import as_utf8
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.nights import current, golden, night, rejected
from tests.connectors.iep_lvs.school import KEY, bodies, rows
from tests.fixtures.properties import one_quickly

NIGHT = samples()["first_night"]
TEXT = NIGHT.decode()
HEADERS = {"Content-Type": "text/xml; charset=utf-8"}
NIL = "<lr:dependancecode xsi:nil='true'/>"
SAME = [  # what stands there, and what means the same
    ("<lr:dependancecode>00</lr:dependancecode>", "<lr:dependancecode/>"),
    ("<lr:dependancecode>00</lr:dependancecode>", "<lr:dependancecode></lr:dependancecode>"),
    ("<lr:dependancecode>00</lr:dependancecode>", NIL),
    ("<lr:dependancecode>00</lr:dependancecode>", ""),
    ("<lr:afnamedatum>2026-01-12<", "<lr:afnamedatum>\n 2026-01-12 \n<"),
    (">2026-01-13T01:05:00<", ">\n 2026-01-13T01:05:00 <"),
    (">2026-01-13T01:05:00<", ">2026-01-13T01:05:00.000000001+01:00<"),
    ("<lr:score>14<", "<lr:score>+0014<"),
    ("<lr:score>14<", "<lr:score>1<!-- x -->4<"),
    ("<lr:score>14<", "<lr:score>1<?x y?>4<"),
    ("<lr:score>14<", "<lr:score><![CDATA[14]]><"),
    ("<lr:school>", "<!-- <!DOCTYPE a> --><?pi <!ENTITY?><lr:school>"),
]


@pytest.mark.parametrize(("was", "becomes"), one_quickly(SAME))
def test_a_legal_form_of_the_same_message_means_the_same(
    was: str, becomes: str, iep: Sender, engine: Engine
) -> None:
    assert was in TEXT
    assert iep.send(TEXT.replace(was, becomes).encode()).taken
    assert iep.send(samples()["second_night"]).taken
    night(engine)
    assert current(engine) == golden("test_results")


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(
    ("was", "becomes"),
    one_quickly(
        [
            ("<d:vaardigheidsscore>71<", f"<d:vaardigheidsscore>71.{'0' * 60}1<"),
            ("<d:aantalopgaven>30<", f"<d:tijd>{'1' * 50}.{'5' * 50}</d:tijd><d:aantalopgaven>30<"),
            ("<lr:norm>", f"<lr:wegingsfactor>0.{'3' * 40}</lr:wegingsfactor><lr:norm>"),
            ("<lr:score>14<", "<lr:score>12345678901234567890<"),
            ("<lr:beginnormwaarde>12<", f"<lr:beginnormwaarde>{'0' * 40}12<"),
            (
                "<lr:toetsonderdeelvolgnummer>1<",
                f"<lr:toetsonderdeelvolgnummer>{2**31}<",
            ),
        ]
    ),
)
def test_numbers_may_have_any_length(
    was: str, becomes: str, lenient: bool, iep: Sender, engine: Engine, school: str
) -> None:
    if lenient:
        with engine.begin() as session:
            links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    changed = TEXT.replace(was, becomes, 1)
    if "tijd" in becomes:  # stands after the counts
        changed = TEXT.replace(
            "<d:aantalgoed>21</d:aantalgoed>",
            f"<d:aantalgoed>21</d:aantalgoed><d:tijd>{'1' * 50}.{'5' * 50}</d:tijd>",
        )
    assert changed != TEXT
    assert iep.send(changed.encode()).taken
    assert night(engine)["rejected"] == 2


def test_a_score_just_below_a_level_does_not_reach_it(iep: Sender, engine: Engine) -> None:
    assert iep.send(
        TEXT.replace("<d:vaardigheidsscore>82<", f"<d:vaardigheidsscore>79.{'9' * 40}<").encode()
    ).taken
    night(engine)
    assert rows(engine, "select distinct level from mart.test_results where result_key = 'IEP-100002'") == [
        ("1F",)
    ]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-13T24:00:00", "2026-01-13 23:00:00+00"),
        ("2026-01-13T24:00:00.000Z", "2026-01-14 00:00:00+00"),
        ("2026-01-13T24:00:00+02:00", "2026-01-13 22:00:00+00"),
    ],
)
def test_the_end_of_a_day_is_the_midnight_after_it(
    text: str, moment: str, iep: Sender, engine: Engine
) -> None:
    assert iep.send(TEXT.replace("2026-01-13T01:05:00", text).encode()).taken
    assert rows(engine, "select created_at::text from raw.inbox") == [(moment,)]


@pytest.mark.parametrize(
    "text", ["2026-01-13T24:00:01", "2026-01-13T24:01:00", "2026-02-29T24:00:00", "9999-12-31T24:00:00"]
)
def test_a_moment_that_is_none_is_refused(text: str, iep: Sender) -> None:
    assert "element aanmaakdatum" in iep.send(TEXT.replace("2026-01-13T01:05:00", text).encode()).fault


ADDRESSING = '<w:Action xmlns:w="http://www.w3.org/2005/08/addressing">BrengLeerresultaten</w:Action>'
SECURITY = (
    '<w:Security xmlns:w="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd" '
    's:mustUnderstand="1"><w:UsernameToken/></w:Security>'
)
ENVELOPES = [
    ("<s:Header>", "<!-- before --><s:Header>"),
    ("<s:Header>", "<?pi before?><s:Header><!-- </s:Header> -->"),
    ("<s:Header>", f"<s:Header>{ADDRESSING}{SECURITY}"),
    ("</s:Header>", f"{ADDRESSING}<x><s:Header/></x></s:Header >"),
    ("<s:Envelope", "<!-- <s:Header> --><s:Envelope a='>' "),
    ("<s:Body>", "<s:Body>\n<!-- in -->"),
    ("</s:Envelope>", "</s:Envelope><!-- after -->"),
]


@pytest.mark.parametrize(("was", "becomes"), one_quickly(ENVELOPES))
def test_the_header_is_found_and_left_out_whatever_stands_around_it(
    was: str, becomes: str, iep: Sender, engine: Engine
) -> None:
    envelope = iep.envelope(NIGHT).decode()
    assert was in envelope
    assert iep.send_envelope(envelope.replace(was, becomes, 1).encode()).taken
    [kept] = bodies(engine)
    assert KEY.encode() not in kept
    assert b"autorisatie" not in kept
    assert night(engine)["read"] == 8


def test_a_key_with_special_characters_opens_the_link_and_is_not_kept(
    receiver: str, engine: Engine, school: str
) -> None:
    key = "99QQ00<&>'\"-and-more-of-it"
    with engine.begin() as session:
        links.resume(session, key, "beheer")
    assert Sender(receiver, key).send(NIGHT).taken
    with_comment = NIGHT.replace(b"<lr:school>", b"<!-- 99QQ00&lt;&amp;&gt;'\"-and-more-of-it --><lr:school>")
    assert "stands elsewhere" in Sender(receiver, key).send(with_comment).fault


def moved(*changes: tuple[str, str]) -> Callable[[str], str]:
    """An envelope in which each text is another one."""

    def change(envelope: str) -> str:
        for was, becomes in changes:
            assert was in envelope
            envelope = envelope.replace(was, becomes)
        return envelope

    return change


NESTED = {
    "a header in a header": moved(
        ("<s:Header>", "<s:Header><s:Header>"), ("</s:Header>", "</s:Header></s:Header>")
    ),
    "a header in the body": moved(
        ("<s:Header>", "<s:Body><s:Header>"), ("</s:Header><s:Body>", "</s:Header>")
    ),
    "the request in the header": moved(("</s:Header><s:Body>", ""), ("</s:Body>", "</s:Header><s:Body/>")),
    "an envelope in an envelope": moved(
        ("<s:Header>", "<s:Body><s:Envelope><s:Header>"),
        ("</s:Envelope>", "</s:Envelope></s:Body></s:Envelope>"),
    ),
    "the request twice": moved(("</s:Body>", TEXT.partition("?>")[2] + "</s:Body>")),
}


def test_the_request_may_have_an_element_around_it(iep: Sender, engine: Engine) -> None:
    wrapped = moved(("<s:Body>", "<s:Body><Breng>"), ("</s:Body>", "</Breng></s:Body>"))
    assert iep.send_envelope(wrapped(iep.envelope(NIGHT).decode()).encode()).taken
    assert night(engine)["written"] == 6


@pytest.mark.parametrize("place", NESTED)
def test_what_stands_in_another_place_than_its_own_is_refused(
    place: str, iep: Sender, engine: Engine
) -> None:
    assert not iep.send_envelope(NESTED[place](iep.envelope(NIGHT).decode()).encode()).taken
    assert rows(engine, "select * from raw.inbox") == []


@pytest.mark.parametrize("code", ["\u2028", "\u2028A", "\u00a0", "\ufeff", "A\u2028B", "A\u0085"])
def test_a_code_of_unusual_characters_is_read_again_as_it_was_taken(
    code: str, iep: Sender, engine: Engine, school: str
) -> None:
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    assert iep.send(TEXT.replace("IEP-LEZ-7A", code).replace('"IEP-100001"', f'"{code}"').encode()).taken
    assert night(engine)["written"] == 6
    found = rows(
        engine, "select distinct test_code, result_key from mart.test_results where test_code = :c", c=code
    )
    assert (code, code) in found
    assert iep.send(TEXT.replace("LL-9999", code).replace("01:05:00", "02:05:00").encode()).taken
    night(engine)


def test_an_other_result_says_of_which_kind_it_is_on_a_strict_link(
    iep: Sender, engine: Engine, school: str
) -> None:
    untyped = NIGHT.replace(b' xsi:type="lr:HartHanden"', b' type="lr:HartHanden"')
    assert untyped != NIGHT
    assert iep.send(untyped).fault == (
        "soap:Client.OngeldigBericht: element anderresultaat: no xsi:type says of which kind it is"
    )
    with engine.begin() as session:
        links.configure(session, school, "beheer", links.Reading.LENIENT, None)
    assert iep.send(untyped).taken
    night(engine)
    assert rejected(engine) == golden("rejections")


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("GZIP", lambda body: gzip.compress(body[:500]) + gzip.compress(body[500:])),
        ("deflate", zlib.compress),
        ("deflate", lambda body: zlib.compress(body, wbits=-15)),
        ("identity", bytes),
    ],
)
def test_a_packed_body_is_unpacked(
    encoding: str, pack: Callable[[bytes], bytes], receiver: str, iep: Sender
) -> None:
    answer = requests.post(
        receiver, data=pack(iep.envelope(NIGHT)), headers=HEADERS | {"Content-Encoding": encoding}, timeout=30
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("headers", "body", "told"),
    [
        ({"Content-Encoding": "br"}, b"x", "this Content-Encoding is not read here"),
        ({"Content-Encoding": "gzip"}, b"x", "the message is not valid gzip"),
        ({"Content-Encoding": "gzip"}, gzip.compress(NIGHT)[:-9], "the message is not valid gzip"),
        (
            {"Content-Encoding": "gzip"},
            gzip.compress(b" " * 30_000_000),
            "the message is larger than 20971520 bytes",
        ),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"") * 2000, "the message is not valid gzip"),
        ({"Content-Type": "multipart/related; boundary=x"}, b"--x", "messages in parts (MTOM, attachments)"),
    ],
)
def test_what_is_not_read_is_refused_with_true_words(
    headers: dict[str, str], body: bytes, told: str, receiver: str
) -> None:
    answer = requests.post(receiver, data=body, headers=HEADERS | headers, timeout=30)
    assert answer.status_code == 500
    assert f"Client.OngeldigBericht</faultcode><faultstring>{told}" in answer.text


@pytest.mark.parametrize(
    ("declared", "http", "codec"),
    [
        ("ISO-8859-1", "utf-8", "latin-1"),
        ("iso-8859-15", "", "iso8859-15"),
        ("windows-1252", "", "cp1252"),
        ("UTF-16LE", "", "utf-16-le"),
        ("UTF-16LE", "", "utf-16"),
        ("UTF-16BE", "", "utf-16-be"),
        ("utf-16", "", "utf-8"),
        ("utf-8", "iso-8859-1", "utf-8"),
        ("", "iso-8859-1", "latin-1"),
        ("", "iso-8859-1", "utf-8"),
        ("", "", "utf-8-sig"),
    ],
)
def test_a_message_is_decoded_as_it_is_declared(
    declared: str, http: str, codec: str, receiver: str, iep: Sender, engine: Engine
) -> None:
    envelope = iep.envelope(NIGHT.replace(b"IEP Lezen", "IEP Lezen \u00e9\u00df".encode())).decode()
    envelope = envelope.replace(' encoding="utf-8"', f' encoding="{declared}"')
    envelope = envelope if declared else envelope.partition("?>")[2]
    headers = {"Content-Type": f"text/xml; charset={http}" if http else "text/xml"}
    answer = requests.post(receiver, data=envelope.encode(codec), headers=headers, timeout=30)
    assert answer.status_code == 200, answer.text
    night(engine)
    names = rows(engine, "select distinct test_name from mart.test_results where test_name like 'IEP Lezen%'")
    assert names == [("IEP Lezen \u00e9\u00df groep 7",)]


def test_what_is_kept_can_be_read_again(iep: Sender, engine: Engine) -> None:
    for was, becomes in ENVELOPES:
        iep.send_envelope(iep.envelope(NIGHT).decode().replace(was, becomes, 1).encode())
    for kept in bodies(engine):
        again, before = Message(), Message()
        assert read(kept, Open(lenient=False), again) == read(as_utf8(NIGHT), Open(lenient=False), before)
        assert again == before
