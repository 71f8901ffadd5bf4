"""What the administration knows about the courses at hand, read set by set for one batch."""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from etl import db
from etl.engine.sources import Source
from etl.results.claims import Claims
from etl.transform.completions import Places
from etl.transform.enrolments import learner_enrolments
from etl.transform.learners import hidden_fields, hiding, matched_and_not, used_fields
from etl.transform.rejected import combined


class Administration:
    """Reference data and recorded results for some courses of a source, each table read once, when first asked."""

    def __init__(
        self, engine: Engine, source: Source, scopes: Sequence[str], clients: Sequence[str] | None = None
    ) -> None:
        """``clients``: whose enrolments are asked for, by default everybody's."""
        self._engine = engine
        self._source = source
        self._claims = Claims(engine, source)
        self._scopes = list(scopes)
        self._wanted = None if clients is None else list(clients)
        known = self._query("results/courses.occurrences", source=source.source)
        known = known[known["scope"].isin(self._scopes)]
        self.courses: pd.DataFrame = known.loc[
            known["occurrence_code"].notna(), ["scope", "occurrence_code"]
        ].reset_index(drop=True)
        open_ones = known.loc[known["status"] != "finished", "scope"]
        self.finished = set(known["scope"]) - set(open_ones)  # the occurrences of these are over
        self.places = Places(
            linked=set(self.courses["scope"]),
            belonging=set(known.loc[known["belongs"], "scope"]),
            counted=set(known.loc[known["counted"], "scope"]),
        )
        self._occurrences = sorted(set(self.courses["occurrence_code"]))

    @property
    def counted(self) -> Collection[str]:
        """The courses that are accredited, give a competence, or are the part of a training."""
        return self.places.counted

    @cached_property
    def activity_links(self) -> pd.DataFrame:
        """scope, occurrence_code, unit_code, activity_id (a number)."""
        links = self._of_occurrences("results/administration.activity_links", source=self._source.source)
        return links.astype({"activity_id": "int64"}).merge(self.courses, on="occurrence_code")

    @cached_property
    def enrolments(self) -> pd.DataFrame:
        """enrolment_code, client_code, occurrence_code, status, start_date."""
        return self._of_clients("results/administration.enrolments")

    @cached_property
    def training_plan(self) -> pd.DataFrame:
        """enrolment_code, unit_code, expected_start_date."""
        return self._of_clients("results/administration.training_plan")

    @cached_property
    def recorded(self) -> pd.DataFrame:
        """enrolment_code, unit_code, status, started_on: what stands."""
        return self._of_clients("results/administration.recorded")

    @cached_property
    def completions(self) -> pd.DataFrame:
        """scope, client_code, completed_at: what stands of the courses."""
        return self._query(
            "results/administration.completions",
            source=self._source.source,
            scopes=self._scopes,
            clients=self._wanted,
        )

    def hidden_fields(self, participants: pd.DataFrame) -> pd.DataFrame:
        """Courses that do not show any more what their learners are matched by, as rejected rows."""
        used = used_fields(self._source.match_code, self._source.match_fields)
        suspect = participants[participants["scope"].isin(hiding(participants, used))]
        if suspect.empty:
            return combined([])
        return combined([hidden_fields(suspect, self._claims.accounts(suspect["user_id"]), used)])

    def match(self, users: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Matched learners, their enrolments, and the rejected; ``users`` as match_learners takes them."""
        return self.enrolled(self._claims.persons(users))

    def enrolled(self, persons: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """Matched learners, their enrolments, and the rejected; ``persons``: see match_learners."""
        nobody = persons.loc[persons["client_code"].isna(), "scope"]
        label = nobody.map(self._labels(nobody)).astype("str").fillna("course " + nobody)
        matched, unmatched = matched_and_not(persons.assign(label=label))
        enrolments, unenrolled = learner_enrolments(matched, self.courses, self.enrolments)
        return matched, enrolments, combined([unmatched, unenrolled])

    def _labels(self, scopes: "pd.Series[str]") -> "pd.Series[str]":
        """How courses are named where it is said who is not matched."""
        named = self.courses[self.courses["scope"].isin(scopes.unique())]
        return named.groupby("scope")["occurrence_code"].agg("+".join)

    def _of_clients(self, name: str) -> pd.DataFrame:
        return self._query(name, occurrences=self._occurrences, clients=self._wanted)

    def _of_occurrences(self, name: str, **parameters: str) -> pd.DataFrame:
        return self._query(name, occurrences=self._occurrences, **parameters)

    def _query(self, name: str, **parameters: Any) -> pd.DataFrame:
        with self._engine.connect() as session:
            return db.query(session, name, **parameters)
