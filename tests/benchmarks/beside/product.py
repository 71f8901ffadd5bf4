"""The product's own night of the same site."""

import sys

from etl import db
from etl.connections import Connection
from etl.connectors.moodle import flow
from etl.engine.options import Options
from etl.sandbox.moodle.generated_reference import SOURCE
from tests.benchmarks.beside import peak


def main(url: str, token: str, database: str) -> None:
    site = Connection(SOURCE, "moodle", host=url, password=token)
    _, status = flow.run(db.engine(database), lambda _: site, Options())
    assert status == "success"


if __name__ == "__main__":
    main(*sys.argv[1:])
    peak.tell()
