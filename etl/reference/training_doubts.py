"""What of training requests and integrations may be imported, and would never register anything."""

from collections.abc import Iterator
from typing import Final

import pandas as pd

from etl.connectors.registry import CONNECTORS
from etl.files.problems import Problem, at_lines
from etl.reference.beside import Beside

_POLLED: Final = frozenset(one.system for one in CONNECTORS if one.is_source and one.reports)


def training_doubts(beside: Beside) -> Iterator[Problem]:
    """Open requests that lack what an integration names their persons by; integrations that nobody polls."""
    if "training_requests" in beside.reference_set.frames:
        yield from _nameless(beside)
    integrations = beside.reference_set.frames.get("integrations")
    if integrations is not None:
        polled = integrations["system"].isin(list(_POLLED))
        lines = integrations.index[polled & ~integrations["integration"].isin(list(beside.systems))]
        reason = (
            "is no source of sources.csv, as an integration that is polled has to be: nothing is read of it"
        )
        yield from at_lines("integrations.csv", lines, "integration", reason)


def _nameless(beside: Beside) -> Iterator[Problem]:
    requests = beside.reference_set.frames["training_requests"]
    parts = beside.lines("training_parts", ["training_code", "integration"]).drop_duplicates()
    schemes = beside.lines("integrations", ["integration", "person_scheme"])
    opened = requests[requests["status"] == "open"]
    told = opened.assign(line=opened.index).merge(parts, on="training_code").merge(schemes, on="integration")
    polled = told["integration"].isin(list(beside.systems))
    named_by = (told["person_scheme"] + "_id").mask(polled, "client_code")
    for column in ("person_id", "external_id", "client_code"):
        lines = told.loc[(named_by == column) & told[column].isna(), "line"].drop_duplicates()
        reason = (
            "is empty, and an integration of the training names persons by it: no completion of it counts"
        )
        yield from at_lines("training_requests.csv", pd.Index(lines), column, reason)
