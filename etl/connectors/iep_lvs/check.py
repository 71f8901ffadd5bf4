"""The test of a drop location: can it be read, and what lies in it."""

from etl.connections import CheckReport
from etl.connectors.iep_lvs.location import Location
from etl.engine.connection_test import Tested


def check_connection(tested: Tested) -> CheckReport:
    """The test of a drop location."""
    location = Location(tested.connection)
    listing = location.listing()
    found = [f"The location can be read: {len(listing.files)} XML files are there"]
    if listing.others:
        found.append(f"Not looked at, because only files that end in .xml are: {', '.join(listing.others)}")
    return CheckReport(True, [*found, f"Files that were taken are {'moved' if location.moves else 'kept'}"])
