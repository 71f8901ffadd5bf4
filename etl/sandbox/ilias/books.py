"""What the stand-in for ILIAS knows: people, objects, learning progress as it stands now, and points in tests."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).with_name("data")


@dataclass
class User:
    """An account."""

    user_id: str
    login: str
    firstname: str
    lastname: str
    matriculation: str
    external_account: str


class Books:
    """``objects``: type and references by id. ``progress``: moment of the last change and status, by user and object.
    ``results``: maximum and received points by test (its reference) and user.
    """

    def __init__(self) -> None:
        self.users = {row["user_id"]: User(**row) for row in _rows("users")}
        self.objects = {
            row["object_id"]: (row["type"], row["ref_ids"].split(",")) for row in _rows("objects")
        }
        self.progress = {
            (row["user_id"], row["object_id"]): (row["changed"], row["status"]) for row in _rows("progress")
        }
        self.results = {
            (row["test"], row["user_id"]): (row["maximum_points"], row["received_points"])
            for row in _rows("results")
        }

    def change(self, user_id: str, object_id: str, changed: str, status: str) -> None:
        """Progress changes: only its present state is kept, as in ILIAS."""
        self.progress[user_id, object_id] = (changed, status)

    def changes(self, since: str, types: list[str]) -> Iterator[dict[str, str]]:
        """The progress that changed since a moment, that moment included, in no order."""
        for (user_id, object_id), (changed, status) in self.progress.items():
            kind, references = self.objects[object_id]
            if changed >= since and kind in types:
                yield {
                    "UserId": user_id,
                    "ObjId": object_id,
                    "RefIds": ",".join(references),
                    "Timestamp": changed,
                    "LPStatus": status,
                }

    def tests(self) -> set[str]:
        """The references of tests."""
        return {one for kind, references in self.objects.values() if kind == "tst" for one in references}


def _rows(name: str) -> list[dict[str, Any]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
