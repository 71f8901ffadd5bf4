"""The same poller by dlt, as its documentation advises: a table a resource, pages yielded whole, merge by key."""

import sys
from collections.abc import Iterator
from typing import Any

import dlt

from tests.benchmarks.beside import peak
from tests.benchmarks.beside.everything import KEYS, Site


@dlt.resource(max_table_nesting=0)
def everything(url: str, token: str) -> Iterator[Any]:
    """Each answer goes to the table that it belongs to."""
    for table, rows in Site(url, token).everything():
        hints = dlt.mark.make_hints(table_name=table, write_disposition="merge", primary_key=KEYS[table])
        yield dlt.mark.with_hints(rows, hints, create_table_variant=True)


def main(url: str, token: str, database: str, folder: str) -> None:
    # It asks for a host and a password, which a server on a socket has not.
    credentials = database.replace("@/", ":none@localhost:5432/", 1)
    destination = dlt.destinations.postgres(credentials=credentials)
    pipeline = dlt.pipeline("moodle", destination=destination, dataset_name="moodle", pipelines_dir=folder)
    pipeline.run(everything(url, token)).raise_on_failed_jobs()


if __name__ == "__main__":
    main(*sys.argv[1:])
    peak.tell()
