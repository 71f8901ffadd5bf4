"""The connection test of a PE-Online account: what can be known without registering anything."""

from typing import Final

from etl import db
from etl.connections import CheckReport, Connection
from etl.connectors.pe_online import answers, payload
from etl.connectors.pe_online import faults as pe_faults
from etl.connectors.pe_online.account import account
from etl.connectors.pe_online.client import PeClient
from etl.connectors.pe_online.payload import Attendance
from etl.engine.connection_test import Tested
from etl.errors import AnswerLost, GiveUp, RetryLater

_NO_GROUP: Final = 0
_NOBODY: Final = Attendance(
    item_id=0,
    course_type=payload.E_LEARNING,
    relation_number="0",
    end_date="1970-01-01T12:00:00+01:00",
    external_course_code="connection-test",
)
_IN_TEST: Final = " (nothing is booked; what was accepted is sent again after activation)"


def check_connection(tested: Tested) -> CheckReport:
    """The test of an account, for each profession group that it serves."""
    with tested.reading() as engine, engine.connect() as session:
        rows = db.rows(session, "pe_online/groups.accounts")
    groups = [row["org_id"] for row in rows if tested.leads_to(row["connection_id"])]
    lines = check(tested.connection, groups[0] if groups else None)
    return CheckReport(True, lines + [about_the_key(tested.connection, org) for org in groups[1:]])


def check(connection: Connection, org_id: int | None = None) -> list[str]:
    """Say what is known to work: address, operation, key; raise GiveUp or RetryLater for what does not.

    PE-Online has no call that does nothing, and looks at the key only when the Entry is whole. So one row is offered
    that cannot be registered, whatever the mode of the account: nobody, a course that does not exist, long ago.
    """
    pe_account = account(connection)
    with PeClient(pe_account) as client:
        if not client.wsdl_offers_operation():
            raise GiveUp(
                f"connection {connection.conn_id}: what the host publishes is no WSDL with ProcessXML: enter the "
                "address of WriteAttendance.asmx as host"
            )
    return [
        f"address: {pe_account.url} publishes the WSDL with ProcessXML",
        f"mode: {pe_account.mode}" + _IN_TEST * (pe_account.mode == "test"),
        f"paused: {'yes, nothing is sent' if pe_account.paused else 'no'}",
        f"time zone {pe_account.timezone}, at most {pe_account.batch_limit} rows a call",
        about_the_key(connection, org_id),
    ]


def about_the_key(connection: Connection, org_id: int | None) -> str:
    """Say whether the account may write for a profession group; raises as ``check`` does."""
    pe_account = account(connection)
    entry = payload.entry(pe_account, _NO_GROUP if org_id is None else org_id, [_NOBODY])
    try:
        with PeClient(pe_account) as client:
            fault = answers.read(client.process(entry)).call_fault
    except AnswerLost as lost:
        raise RetryLater(
            f"connection {connection.conn_id}: the address publishes the WSDL, but a call is not answered: "
            f"{lost.cause}; test again later, and ask PE-Online when it stays so"
        ) from None
    if fault is None:
        return f"key: accepted for orgID {org_id}"
    if org_id is None:
        return (
            f"key: not known ({fault} for a call without a profession group); test again with an orgID: give a "
            "profession group this connection_id (profession_groups.csv)"
        )
    if fault == pe_faults.ACCOUNT_REFUSED:
        raise GiveUp(
            f"connection {connection.conn_id}: the key does not match, or the service is not set up for orgID {org_id} "
            "(400): enter userID and userKey of the web service, which are no login of the portal, or ask PE-Online to "
            "set it up"
        )
    raise GiveUp(
        f"connection {connection.conn_id}: PE-Online answered {fault} for the call as a whole: is login the userID "
        f"(a number) of the account, and {org_id} an orgID of PE-Online?"
    )
