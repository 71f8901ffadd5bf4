"""Every recorded request gets its recorded answer, byte for byte."""

from urllib.parse import urlencode

import requests

from etl.sandbox.moodle.protocol import Exchange, recording
from etl.sandbox.moodle.recorded import fill
from etl.sandbox.server import Sandbox


def replay(sandbox: Sandbox, session: requests.Session, exchange: Exchange) -> requests.Response:
    params = urlencode([(key, fill(value)) for key, value in exchange.params])
    url = f"{sandbox.url}/moodle{exchange.path}"
    if exchange.method == "GET":
        return session.get(f"{url}?{params}", timeout=5)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return session.post(url, data=params, headers=headers, timeout=5)


def expected(sandbox: Sandbox, exchange: Exchange) -> bytes:
    site = f"{sandbox.url}/moodle"
    return fill(exchange.body, site.replace("/", "\\/") if "json" in exchange.media_type else site).encode()


def test_each_recorded_request_gets_its_recorded_answer_byte_for_byte(sandbox, session):
    exchanges = recording().exchanges.values()
    differing = [
        exchange.name
        for exchange in exchanges
        if replay(sandbox, session, exchange).content != expected(sandbox, exchange)
    ]
    assert differing == []
    assert len(exchanges) > 260


def test_all_seventeen_functions_of_the_service_are_recorded():
    info = recording().value("core_webservice_get_site_info__happy")
    recorded = {name.split("__")[0] for name in recording().exchanges}
    assert len(info["functions"]) == 17
    assert {row["name"] for row in info["functions"]} <= recorded


def test_no_placeholder_of_the_recording_is_left_in_an_answer(sandbox, session):
    bodies = [replay(sandbox, session, exchange).text for exchange in recording().exchanges.values()]
    assert [body for body in bodies if "{{" in body] == []


def test_site_info_without_a_json_format_is_xml_with_the_site_s_own_address(sandbox, session):
    response = replay(
        sandbox, session, recording().exchanges["core_webservice_get_site_info__format_xml_default"]
    )
    assert response.headers["content-type"].startswith("application/xml")
    assert f"<VALUE>{sandbox.url}/moodle</VALUE>" in response.text
