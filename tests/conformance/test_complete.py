"""Nothing is left out: each flow and each receiver of each connector is played."""

from dataclasses import replace

import pytest

from etl.connectors.registry import CONNECTORS
from etl.engine.connector import Connector, Flow, Mount
from tests.conformance.stand_ins import STAND_INS, label, left_out

UNKNOWN = Connector(
    "elsewhere",
    "Elsewhere",
    form={},
    check="",
    flows=(Flow("elsewhere_results", ""),),
    mounts=(Mount("/elsewhere", "", "", ""),),
)
HERE = "in tests/connectors/{}/conformance.py, as tests/conformance/stand_in.py describes it"


@pytest.mark.parametrize("connector", CONNECTORS, ids=lambda one: one.system)
def test_each_flow_and_each_receiver_of_a_connector_is_played(connector):
    assert left_out(connector) == []


def test_what_is_not_played_is_told_with_what_to_write():
    assert left_out(UNKNOWN) == [
        f"write a class of the kind StandIn with {named} {HERE.format('elsewhere')}"
        for named in ('flow = "elsewhere_results"', 'mount = "/elsewhere"')
    ]
    [known] = [one for one in CONNECTORS if one.system == "infocaption"]
    more = replace(known, flows=(*known.flows, Flow("infocaption_more", "")))
    assert [one.split(" in ")[0] for one in left_out(more)] == [
        'write a class of the kind StandIn with flow = "infocaption_more"'
    ]


def test_stand_ins_have_names_of_their_own():
    assert len({label(one) for one in STAND_INS}) == len(STAND_INS) > len(CONNECTORS)


def test_messages_are_for_the_receiver_that_a_stand_in_names(stand_in):
    paths = {message.path for message in stand_in.messages()}
    assert all(path.startswith(f"{stand_in.mount}/") for path in paths)
    assert bool(paths) == bool(stand_in.mount)
