"""Every recorded request gets its recorded answer, byte for byte."""

from urllib.parse import urlencode

import requests

from etl.sandbox.moodle.protocol import Exchange, recording
from etl.sandbox.moodle.recorded import fill
from etl.sandbox.moodle.writing.functions import WRITES
from etl.sandbox.server import Sandbox

# A site that is written to answers by what it holds: in the order in which the recorded one was written to.
WRITING_ORDER = [
    "core_user_create_users: happy duplicate_username duplicate_email missing_lastname no_password one_good_one_bad"
    " uppercase_username weak_password rest_only_user",
    "core_user_update_users: happy suspend unsuspend email_taken deleted_user missing_id nonexistent",
    "enrol_manual_enrol_users: happy again_idempotent with_times suspend missing_roleid nonexistent_course"
    " nonexistent_user role_not_assignable rest_only_user",
    "enrol_manual_unenrol_users: happy again_not_enrolled nonexistent_course nonexistent_user",
    "core_course_create_courses: happy duplicate_idnumber duplicate_shortname end_before_start nonexistent_category"
    " rest_only_user",
    "core_course_update_courses: happy_dates_visibility duplicate_idnumber_warning end_before_start_warning"
    " nonexistent",
    "core_course_import_course: happy missing_parameter nonexistent_source",
]


def in_order() -> list[Exchange]:
    """Every recorded exchange: what was read, then what was written."""
    exchanges = recording().exchanges
    read = [exchange for name, exchange in exchanges.items() if name.partition("__")[0] not in WRITES]
    lines = [line.partition(": ") for line in WRITING_ORDER]
    written = [f"{function}__{case}" for function, _, cases in lines for case in cases.split()]
    return [*read, *(exchanges[name] for name in written)]


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
    exchanges = in_order()
    differing = [
        exchange.name
        for exchange in exchanges
        if replay(sandbox, session, exchange).content != expected(sandbox, exchange)
    ]
    assert differing == []
    assert sorted(exchange.name for exchange in exchanges) == sorted(recording().exchanges)


def test_all_seventeen_functions_of_the_service_are_recorded():
    info = recording().value("core_webservice_get_site_info__happy")
    recorded = {name.split("__")[0] for name in recording().exchanges}
    assert len(info["functions"]) == 17
    assert {row["name"] for row in info["functions"]} <= recorded


def test_no_placeholder_of_the_recording_is_left_in_an_answer(sandbox, session):
    bodies = [replay(sandbox, session, exchange).text for exchange in in_order()]
    assert [body for body in bodies if "{{" in body] == []


def test_site_info_without_a_json_format_is_xml_with_the_site_s_own_address(sandbox, session):
    response = replay(
        sandbox, session, recording().exchanges["core_webservice_get_site_info__format_xml_default"]
    )
    assert response.headers["content-type"].startswith("application/xml")
    assert f"<VALUE>{sandbox.url}/moodle</VALUE>" in response.text
