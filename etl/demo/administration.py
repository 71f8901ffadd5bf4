"""The sample's administration: its reference set, its new enrolments, and the one that is withdrawn later."""

import csv
import tempfile
from pathlib import Path
from typing import Final

import pandas as pd
from sqlalchemy import Engine, text

from etl import db, settings
from etl.db import schema
from etl.errors import GiveUp
from etl.reference.importing import import_set
from etl.reference.spec import FILES
from etl.sandbox import accounts

_DATA: Final = Path(accounts.__file__).parent / "data"
SAMPLE_REFERENCE: Final = _DATA / "reference"
NEW_ENROLMENTS: Final = _DATA / "new_enrolments"  # sent by themselves: somebody new, known, and incomplete
WITHDRAWAL: Final = _DATA / "withdrawal"  # of one of them, after it was sent


def prepare_warehouse(url: str) -> None:
    """The warehouse has the newest schema, and the sample reference set where it has none yet.

    Raises GiveUp where WAREHOUSE_URL names a warehouse with other data: its points would be recorded as sent
    although only a stand-in got them.
    """
    schema.migrate(url)
    engine = db.engine(url)
    with engine.connect() as session:
        clients = set(session.execute(text("select client_code from core.clients")).scalars())
    if not clients:
        import_set(engine, SAMPLE_REFERENCE)
        import_upon(engine, SAMPLE_REFERENCE, NEW_ENROLMENTS)
    engine.dispose()
    if settings.WAREHOUSE_URL.get() and clients - _sample_clients():
        raise GiveUp(
            f"The warehouse that {settings.WAREHOUSE_URL} names holds other data than the sample, and the demo "
            "works with stand-ins for the outside systems: give it a database of its own"
        )


def withdraw(url: str) -> None:
    """Somebody whose enrolment was sent withdraws; who has withdrawn already does nothing."""
    engine = db.engine(url)
    with engine.connect() as session:
        known = "select enrolment_code from core.enrolments where status = 'active' and closed_at is null"
        active = set(session.execute(text(known)).scalars())
    if active & _column(WITHDRAWAL, "enrolments", "enrolment_code"):
        import_upon(engine, SAMPLE_REFERENCE, NEW_ENROLMENTS, WITHDRAWAL)
    engine.dispose()


def import_upon(engine: Engine, *folders: Path) -> None:
    """Import the files of the last folder upon what those before it state; of rows with one key the last counts."""
    with tempfile.TemporaryDirectory() as name:
        for file in FILES:
            if (folders[-1] / file.filename).exists():
                stated = [folder / file.filename for folder in folders]
                rows = pd.concat([pd.read_csv(path, dtype="str") for path in stated if path.exists()])
                rows = rows.drop_duplicates(list(file.key), keep="last")
                rows.to_csv(Path(name) / file.filename, index=False)
        import_set(engine, Path(name))


def _sample_clients() -> set[str]:
    return _column(SAMPLE_REFERENCE, "clients", "client_code") | _column(
        NEW_ENROLMENTS, "clients", "client_code"
    )


def _column(folder: Path, file: str, column: str) -> set[str]:
    with (folder / f"{file}.csv").open(encoding="utf-8", newline="") as lines:
        return {row[column] for row in csv.DictReader(lines)}
