"""What the rows of a set are judged beside: the set's other files and, for those that are not in it, the warehouse."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd
from sqlalchemy import Connection as Session

from etl.reference import held
from etl.reference.reading import ReferenceSet
from etl.reference.spec import FILES

_BY_NAME = {file.name: file for file in FILES}


@dataclass(frozen=True)
class Beside:
    """A set that was read, and the warehouse that it would be imported into, if there is one."""

    reference_set: ReferenceSet
    session: Session | None

    def lines(self, name: str, columns: Sequence[str]) -> pd.DataFrame:
        """Some columns of a file, as they will stand after the import."""
        if name in self.reference_set.frames:
            return self.reference_set.frames[name][list(columns)]
        if self.session is None:
            return pd.DataFrame(columns=list(columns), dtype="str")
        return held.lines(self.session, _BY_NAME[name], columns)

    @cached_property
    def systems(self) -> Mapping[str, str]:
        """The system of each source."""
        sources = self.lines("sources", ["source", "system"]).dropna()
        return dict(zip(sources["source"], sources["system"], strict=True))
