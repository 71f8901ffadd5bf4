"""What the results of a Moodle course are derived from: when none of it changed, it is not derived again."""

from collections import defaultdict

import pandas as pd
from sqlalchemy import Connection as Session

from etl import db
from etl.engine.sources import Source
from etl.load import derivations


def inputs_of(session: Session, source: Source, found: pd.DataFrame) -> dict[str, str]:
    """For each course a hash over its landed answers (an index of landings), the state of the reference data, and the
    occurrences that it is linked to, which the site may change.
    """
    landed = derivations.inputs_of(session, found)
    linked = defaultdict(list)
    for row in db.rows(session, "moodle/courses.links_of", source=source.source, scopes=list(landed)):
        linked[row["scope"]].append(row["occurrence_code"])
    return {scope: derivations.digest([inputs, *linked[scope]]) for scope, inputs in landed.items()}
