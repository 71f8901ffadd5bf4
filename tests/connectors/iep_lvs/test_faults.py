"""Each fault code, with the name of the element; nothing is kept of a message that is refused."""

import pytest
import requests
from sqlalchemy import Engine

from etl.connectors.iep_lvs import links
from etl.connectors.iep_lvs.faults import UwlrFault
from etl.connectors.iep_lvs.reading import Message, Open, read
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.school import KEY, rows

NIGHT = samples()["first_night"]
WRONG = [
    ("<lr:schooljaar>2025-2026<", "<lr:schooljaar>2025/2026<", "OngeldigBericht", "schooljaar"),
    ("<lr:schooljaar>2025-2026<", "<lr:schooljaar>2025-2027<", "OngeldigBericht", "schooljaar"),
    ("<lr:brincode>99QQ<", "<lr:brincode>99qq<", "OngeldigBericht", "brincode"),
    ("<lr:brincode>99QQ<", "<lr:brincode>\u0669\u0669QQ<", "OngeldigBericht", "brincode"),
    ("2026-01-13T01:05:00", "gisteren", "OngeldigBericht", "aanmaakdatum"),
    ("<lr:afnamedatum>2026-01-12<", "<lr:afnamedatum>2026-02-30<", "OngeldigBericht", "afnamedatum"),
    ("<lr:auteur>IEP LVS</lr:auteur>", "<lr:onbekend/>", "OngeldigBericht", "onbekend"),
    ("<lr:xsdversie>2.2</lr:xsdversie>", "", "OngeldigBericht", "xsdversie"),
    ("</lr:toetsafnames>", "<lr:vreemd/></lr:toetsafnames>", "OngeldigBericht", "vreemd"),
    ("<lr:toetsen>", "<lr:vreemd/><lr:toetsen>", "OngeldigBericht", "vreemd"),
    ('key="IEP-100002"', 'key="IEP-100001"', "OngeldigBericht", "resultaat"),
    (
        "<lr:toetscode>IEP-HH-4A</lr:toetscode>\n          <lr:ander",
        "<lr:toetscode>IEP-XX</lr:toetscode>\n          <lr:ander",
        "OngeldigBericht",
        "toetscode",
    ),
    ("<lr:xsdversie>2.2<", "<lr:xsdversie>3.0<", "XsdVersieOngeldig", "xsdversie"),
    (">RNTRM<", ">NIVEAU<", "VocabulaireTermOngeldig", "codereferentiescore"),
    (">Landelijk<", ">Wereldwijd<", "VocabulaireTermOngeldig", "codevergelijkingsgroep"),
    ("<lr:leerlingid>LL-7001<", "<lr:leerlingid><", "LeerlingOngeldig", "leerlingid"),
    ("<lr:leerlingid>LL-7001<", "<lr:leerlingid> <", "LeerlingOngeldig", "leerlingid"),
    ("<lr:toetscode>IEP-LEZ-7A<", "<lr:toetscode> <", "OngeldigBericht", "toetscode"),
    ("https://ketenid.nl/pilot/0a1b", "https://ketenid.nl/pilot/0A1B", "LeerlingOngeldig", "eckid"),
    ("<lr:beginnormwaarde>12<", "<lr:beginnormwaarde>19<", "ToetsNormeringOngeldig", "norm"),
    ("<lr:beginnormwaarde>12<", "<lr:beginnormwaarde>twaalf<", "ToetsNormeringOngeldig", "beginnormwaarde"),
    ("<lr:score>14<", "<lr:score>X<", "ScoreOngeldig", "score"),
    ("<lr:score>14<", "<lr:score>-1<", "ScoreOngeldig", "score"),
    ("<lr:score>14<", "<lr:score>14.5<", "ScoreOngeldig", "score"),
    ("<d:aantalgoed>21<", "<d:aantalgoed>veel<", "EldResultaatOngeldig", "aantalgoed"),
    ("<d:aantalgoed>21</d:aantalgoed>", "<d:goed>21</d:goed>", "EldResultaatOngeldig", "goed"),
]


@pytest.mark.parametrize(("was", "becomes", "code", "element"), WRONG)
def test_a_message_that_breaks_the_contract_is_refused_with_its_code_and_the_element(
    was: str, becomes: str, code: str, element: str
) -> None:
    assert was in NIGHT.decode()
    with pytest.raises(UwlrFault, match=rf"^Client\.{code}: element {element}\b"):
        read(NIGHT.decode().replace(was, becomes, 1).encode(), Open(lenient=False), Message())


def test_of_a_message_that_breaks_the_contract_nothing_is_kept(iep: Sender, engine: Engine) -> None:
    for was, becomes, code, element in WRONG[::6]:
        reply = iep.send(NIGHT.decode().replace(was, becomes, 1).encode())
        assert reply.status == 500
        assert reply.fault.startswith(f"soap:Client.{code}: element {element}")
    assert rows(engine, "select * from raw.inbox") == []


STRANGERS = [
    ("Bureau ICE", "ANDERS", KEY, "OngeldigeKlantIdentificatie"),
    ("Anders", "BUREAUICE", KEY, "OngeldigeKlantIdentificatie"),
    ("Bureau ICE", "BUREAUICE", "99QQ00verkeerdverkeerd", "AutorisatieOngeldig"),
    ("Bureau ICE", "BUREAUICE", "11AA001234567890abcd", "AutorisatieOngeldig"),
    ("Bureau ICE", "BUREAUICE", "", "AutorisatieOngeldig"),
    ("Bureau ICE", "BUREAUICE", "9" * 65, "AutorisatieOngeldig"),
]


def test_a_sender_that_may_not_deliver_is_refused(receiver: str, engine: Engine) -> None:
    for supplier, supplier_code, key, code in STRANGERS:
        reply = Sender(receiver, key, supplier, supplier_code).send(NIGHT)
        assert reply.fault.startswith(f"soap:Client.{code}:")
    assert rows(engine, "select * from raw.inbox") == []


def test_a_message_without_a_header_is_refused(iep: Sender) -> None:
    envelope = iep.envelope(NIGHT)
    start, end = envelope.index(b"<s:Header>"), envelope.index(b"</s:Header>") + len(b"</s:Header>")
    assert iep.send_envelope(envelope[:start] + envelope[end:]).fault.startswith(
        "soap:Client.AutorisatieOngeldig"
    )


def test_a_key_is_no_good_for_another_school(iep: Sender) -> None:
    reply = iep.send(NIGHT.replace(b"<lr:dependancecode>00<", b"<lr:dependancecode>01<"))
    assert reply.fault.startswith("soap:Client.AutorisatieOngeldig")


def test_a_key_of_a_paused_an_ended_and_a_not_yet_started_link_is_refused(
    iep: Sender, engine: Engine, school: str
) -> None:
    with engine.begin() as session:
        session.exec_driver_sql("update core.school_links set start_date = current_date + 2")
    assert "AutorisatieOngeldig" in iep.send(NIGHT).fault
    with engine.begin() as session:
        session.exec_driver_sql("update core.school_links set start_date = current_date")
    with engine.begin() as session:
        links.pause(session, school, "beheer")
    assert "AutorisatieOngeldig" in iep.send(NIGHT).fault
    with engine.begin() as session:
        links.resume(session, KEY, "beheer")
    assert iep.send(NIGHT).taken
    with engine.begin() as session:
        links.end(session, school, "beheer")
    assert "AutorisatieOngeldig" in iep.send(NIGHT).fault


def test_xml_comes_before_authorisation_and_authorisation_before_the_body(receiver: str) -> None:
    stranger = Sender(receiver, "99QQ00verkeerdverkeerd")
    assert "OngeldigBericht" in stranger.send(NIGHT[:-20]).fault
    assert "AutorisatieOngeldig" in stranger.send(NIGHT.replace(b">14<", b">X<")).fault


def test_an_unknown_pupil_faults_the_message_where_the_school_wants_that(
    iep: Sender, engine: Engine, school: str
) -> None:
    with engine.begin() as session:
        links.configure(session, school, "beheer", None, links.UnknownPupil.FAULT)
    assert iep.send(NIGHT).fault == "soap:Client.LeerlingOngeldig: 1 of 5 pupils are not known here"
    assert rows(engine, "select * from raw.inbox") == []


def test_a_message_over_the_size_limit_is_refused(iep: Sender) -> None:
    assert "OngeldigBericht: the message is larger than" in iep.send(NIGHT + b" " * 21_000_000).fault


def test_a_warehouse_that_is_away_is_a_fault_of_ours_that_is_worth_a_retry(
    iep: Sender, engine: Engine
) -> None:
    with engine.begin() as session:
        session.exec_driver_sql("alter table raw.inbox rename to gone")
    assert iep.send(NIGHT).fault == "soap:Server.TijdelijkNietBeschikbaar: results cannot be stored now"


def test_soap_1_2_is_spoken_too(iep: Sender, receiver: str) -> None:
    soap_12 = "http://www.w3.org/2003/05/soap-envelope"
    envelope = iep.envelope(NIGHT).replace(b"http://schemas.xmlsoap.org/soap/envelope/", soap_12.encode())
    headers = {"Content-Type": "application/soap+xml; charset=utf-8"}
    taken = requests.post(receiver, data=envelope, headers=headers, timeout=30)
    refused = requests.post(receiver, data=envelope.replace(b">14<", b">X<"), headers=headers, timeout=30)
    assert (taken.status_code, refused.status_code) == (200, 400)
    assert soap_12 in taken.text
    assert "leerresultaten_bevestiging" in taken.text
    assert "<soap:Value>soap:Client.ScoreOngeldig</soap:Value>" in refused.text
