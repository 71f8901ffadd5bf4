"""Accreditation points at PE-Online: what is in the ledger, and what a person has to decide."""

from datetime import datetime
from typing import Annotated

import typer

from etl import db
from etl.connectors.pe_online import flow as pe_online_attendance
from etl.connectors.pe_online import pauses, points, relation_numbers
from etl.connectors.pe_online.faults import NUMBER_CHANGED
from etl.connectors.pe_online.points import POINTS
from etl.console import known_connections, tables
from etl.console.numbers import whole
from etl.console.warehouse import warehouse_engine
from etl.engine import ledger
from etl.engine.ledger import ChosenItems
from etl.errors import InvalidInput
from etl.load import audit
from etl.words import counted

app = typer.Typer(no_args_is_help=True, help=__doc__)

_ROWS = typer.Argument(
    parser=whole, metavar="[ROW]...", help="attendance_id of rows, as the list shows them."
)
_TIMEZONE = "Europe/Amsterdam"  # of the days that a person names
_RESENDABLE = ("rejected", "accepted", "withheld")
By = Annotated[str, typer.Option(help="Who decides.")]
Status = Annotated[str | None, typer.Option(help="Only rows in this status, such as unknown.")]
Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Connection, as `accounts` shows it.")]
Org = Annotated[int | None, typer.Option(parser=whole, metavar="ORG", help="Only this profession group.")]
Reason = Annotated[str | None, typer.Option(help="Only rows with this reason.")]


@app.command("list")
def list_rows(status: Status = None, org: Org = None, reason: Reason = None) -> None:
    """Show the ledger, with the cause of the last attempt where no answer came; ids only."""
    with warehouse_engine() as engine, engine.connect() as session:
        found = db.rows(session, "pe_online/attendance.list", status=status, org_id=org, reason=reason)
    tables.show(found, "no rows")
    typer.echo(counted(len(found), "row"), err=True)  # beside the list, which may go into a pipe


@app.command()
def settle(
    by: By,
    registered: Annotated[
        bool, typer.Option("--registered/--not-registered", help="As PE-Online's own pages show it.")
    ],
    rows: Annotated[list[int] | None, _ROWS] = None,
    org: Org = None,
    reason: Reason = None,
) -> None:
    """Settle unknown outcomes after looking them up at PE-Online; not registered: they are sent again.

    Also points under a former number (--reason number_changed) that PE-Online moved to the new one.
    """
    if not rows and org is None and reason is None:
        raise InvalidInput("say which rows: their numbers, or --org or --reason")
    chosen = ChosenItems(
        "accepted" if reason == NUMBER_CHANGED else "unknown", account=_account(org), reason=reason
    )
    with warehouse_engine() as engine, engine.begin() as session:
        audit.by(session, by)
        found = rows or points.find(session, chosen)
        ledger.settle(session, POINTS, found, registered, by)
    typer.echo(
        f"{counted(len(found), 'row')}: {'registered' if registered else 'not registered, will be sent again'}"
    )


@app.command()
def resend(
    by: By,
    rows: Annotated[list[int] | None, _ROWS] = None,
    status: Annotated[
        str,
        typer.Option(
            help="Status of the rows: rejected; accepted (while PE-Online was still testing); withheld "
            "(points that were claimed, or sent under another course)."
        ),
    ] = "rejected",
    org: Org = None,
    course: Annotated[str | None, typer.Option(help="Only this PE course (number or own code).")] = None,
    reason: Reason = None,
    since: Annotated[datetime | None, typer.Option(help="Last sent on this day or later.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Last sent on this day or before.")] = None,
) -> None:
    """Have rows offered again by the next push, one by one or all that the options describe."""  # fmt: skip
    chosen = ChosenItems(
        status,
        rows or None,
        _account(org),
        reason,
        since.date() if since else None,
        until.date() if until else None,
        _TIMEZONE,
    )
    if status not in _RESENDABLE:
        raise InvalidInput(
            f"--status {status}: must be one of {', '.join(_RESENDABLE)}; settle what is unknown"
        )
    if chosen == ChosenItems(status, timezone=_TIMEZONE) and course is None:
        raise InvalidInput(
            "say which rows: their numbers, or one of --org, --course, --reason, --since, --until"
        )
    with warehouse_engine() as engine, engine.begin() as session:
        audit.by(session, by)
        count = ledger.resend(session, points.find(session, chosen, course), by)
    typer.echo(f"{counted(count, 'row')}: will be sent again")


@app.command()
def preview(
    org: Annotated[int, typer.Argument(parser=whole, metavar="ORG", help="Profession group (orgID).")],
    connection: Annotated[str, typer.Option(help="Account that would send.")] = "pe_online",
) -> None:
    """Print the documents that a push would send now, without the key. They hold relation numbers."""
    with warehouse_engine() as engine:
        account = known_connections.find(connection)
        typer.echo(pe_online_attendance.preview(engine, org, account))


@app.command()
def accounts() -> None:
    """Show the accounts, the profession groups that each writes for, and who paused one."""
    with warehouse_engine() as engine, engine.connect() as session:
        tables.show(db.rows(session, "pe_online/pauses.accounts"), "no profession group is entered")


@app.command()
def pause(account: Account, by: By, because: Annotated[str, typer.Option(help="Why; it is shown.")]) -> None:
    """Send nothing with an account until somebody lets it go on; what is due is kept."""
    with warehouse_engine() as engine:
        pauses.pause(engine, account, by, because)
    typer.echo(f"{account} is paused")


@app.command()
def resume(account: Account, by: By) -> None:
    """Let a paused account go on: what waits goes with the next push."""
    with warehouse_engine() as engine:
        pauses.resume(engine, account, by)
    typer.echo(f"{account} goes on")


@app.command("wanting")
def list_wanting(org: Org = None) -> None:
    """Show whose points wait for a relation number, or for another one."""
    with warehouse_engine() as engine, engine.connect() as session:
        tables.show(relation_numbers.wanting(session, org), "nobody's points wait for a number")


@app.command()
def number(
    org: Annotated[int, typer.Argument(parser=whole, metavar="ORG", help="Profession group (orgID).")],
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="Code of the client.")],
    by: By,
    value: Annotated[str, typer.Option("--number", prompt=True, hide_input=True, help="It is asked for.")],
) -> None:
    """Enter the relation number of one client; points that wait for it go with the next push.

    Put it into client_numbers.csv too: an import that does not state it takes it away again.
    """
    with warehouse_engine() as engine:
        relation_numbers.enter(engine, org, client, value, by)
    typer.echo("1 relation number entered")


def _account(org: int | None) -> str | None:
    return None if org is None else str(org)
