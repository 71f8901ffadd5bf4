"""The sample reference set of the demo and PE-Online's sample books belong together."""

import csv
import re
from pathlib import Path

import pytest

from etl.sandbox import accounts
from etl.sandbox.pe_online.ledger import Ledger
from etl.sandbox.pe_online.system import PeOnline
from tests.sandbox.pe_online.entries import entry


def table(name):
    with (Path(accounts.__file__).parent / "data" / "reference" / f"{name}.csv").open(
        encoding="utf-8"
    ) as file:
        return list(csv.DictReader(file))


NUMBERS = [
    (group["org_id"], number["value"])
    for group in table("profession_groups")
    for number in table("client_numbers")
    if number["scheme"] == group["number_scheme"] and re.fullmatch(group["number_pattern"], number["value"])
]


@pytest.fixture(scope="module")
def pe():
    pe = PeOnline(Ledger())
    yield pe
    pe.close()


@pytest.mark.parametrize("accreditation", table("accreditations"), ids=lambda row: row["pe_course_id"])
def test_every_valid_number_is_accepted_for_every_accreditation_of_its_profession(pe, accreditation):
    numbers = [number for org_id, number in NUMBERS if org_id == accreditation["org_id"]]
    rows = [
        {"PECourseID": accreditation["pe_course_id"], "externalPersonID": number}
        | ({"PEModuleID": accreditation["pe_module_id"]} if accreditation["pe_module_id"] else {})
        | {"endDate": f"{day}T12:00:00+02:00"}
        for number in numbers
        for day in (accreditation["valid_from"], accreditation["valid_to"])
    ]
    answer = pe.process(entry(*rows, orgID=accreditation["org_id"]))
    assert rows
    assert f"<accepted_rows>{len(rows)}</accepted_rows>" in answer
