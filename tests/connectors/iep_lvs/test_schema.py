"""The contract that is served is one that SOAP clients can use, whatever their prefixes and their action header."""

import pytest
import requests
import zeep
from lxml import etree
from sqlalchemy import Engine

from etl.connectors.iep_lvs.app import create_app
from etl.errors import InvalidInput
from etl.sandbox.iep_lvs.sender import Sender, samples
from tests.connectors.iep_lvs.conftest import serving
from tests.connectors.iep_lvs.school import KEY, rows

RESULTS = "{http://www.edustandaard.nl/leerresultaten/2/leerresultaten}"


def message(client: zeep.Client, score: int) -> dict[str, object]:
    return {
        "school": {
            "schooljaar": "2025-2026", "brincode": "99QQ", "aanmaakdatum": "2026-01-13T01:05:00", "xsdversie": "2.2",
        },
        "toetsafnames": {"toetsafname": [{
            "leerlingid": "LL-7001",
            "resultaten": {"resultaat": [
                {"key": "Z1", "afnamedatum": "2026-01-12", "toetscode": "T1", "score": score},
            ]},
        }]},
        "toetsen": {"toets": [{"toetscode": "T1", "toetsnormering": {"norm": [{"term": "1F", "beginnormwaarde": 0}]}}]},
    }  # fmt: skip


def test_zeep_loads_the_contract_and_delivers(receiver: str, engine: Engine) -> None:
    client = zeep.Client(f"{receiver}?wsdl")
    header = client.get_element("{http://www.edustandaard.nl/leerresultaten/2/autorisatie}autorisatie")
    soap_headers = [header(autorisatiesleutel=KEY, klantcode="BUREAUICE", klantnaam="Bureau ICE")]
    client.service.BrengLeerresultaten(**message(client, 12), _soapheaders=soap_headers)
    assert rows(engine, "select brin6, results from core.uwlr_messages") == [("99QQ00", 1)]


def test_the_contract_names_what_clients_are_built_from(receiver: str) -> None:
    wsdl = etree.fromstring(requests.get(f"{receiver}?wsdl", timeout=10).content)
    names = {element.get("name") for element in wsdl.iter()} - {None}
    assert names >= {
        "LeerresultatenService", "bndLeerresultaten", "prtLeerresultaten", "BrengLeerresultaten",
        "msgLeerresultaten", "msgLeerresultatenAntwoord", "leerresultaten_verzoek", "autorisatie",
    }  # fmt: skip
    [address] = wsdl.iter("{http://schemas.xmlsoap.org/wsdl/soap/}address")
    assert address.get("location") == receiver


def test_the_action_header_may_be_quoted_bare_or_absent(receiver: str, iep: Sender) -> None:
    envelope = iep.envelope(samples()["first_night"])
    for action in ({"SOAPAction": '"BrengLeerresultaten"'}, {"SOAPAction": "BrengLeerresultaten"}, {}):
        answer = requests.post(receiver, data=envelope, headers=action, timeout=30)
        assert answer.status_code == 200
        assert etree.fromstring(answer.content)[0][0].tag == f"{RESULTS}leerresultaten_bevestiging"


def test_versions_2_0_to_2_3_are_taken(iep: Sender) -> None:
    for version in (b"2.0", b"2.1", b"2.3"):
        assert iep.send(
            samples()["first_night"].replace(b"xsdversie>2.2<", b"xsdversie>" + version + b"<")
        ).taken


def located(answer: requests.Response) -> str | None:
    [address] = etree.fromstring(answer.content).iter("{http://schemas.xmlsoap.org/wsdl/soap/}address")
    return address.get("location")


def test_the_address_in_the_contract_is_the_one_that_was_asked(receiver: str) -> None:
    said = {
        "Host": "uwlr.example.org",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "elsewhere.example.org",
    }
    answer = requests.get(f"{receiver}?wsdl", headers=said, timeout=10)
    assert located(answer) == "https://uwlr.example.org/leerresultaten"


def test_the_address_in_the_contract_may_be_set(
    warehouse: str, school: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UWLR_PUBLIC_URL", "https://uwlr.example.org/uwlr/leerresultaten")
    with serving(warehouse) as receiver:
        answer = requests.get(f"{receiver}?wsdl", timeout=10)
    assert located(answer) == "https://uwlr.example.org/uwlr/leerresultaten"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UWLR_PUBLIC_URL", "uwlr.example.org"),
        ("UWLR_PUBLIC_URL", "ftp://x/y"),
        ("UWLR_MAX_BYTES", "20 MiB"),
        ("UWLR_MAX_BYTES", "-1"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput, match=name):
        create_app("postgresql://nowhere/")
