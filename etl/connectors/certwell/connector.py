"""CertWell, as a sender of exam results in signed messages."""

from typing import Final

import pandas as pd

from etl.engine.connector import Connector, Mount
from etl.engine.webhooks.form import ASSET, CHECK, FORM
from etl.files.rules import Rule

_HOLDS_0_AND_1: Final = Rule(
    "maximum",
    "must be 1 or more, with a minimum of 0, for a system that is certwell: it sends 1 for passed and 0 for failed",
    lambda lines: (
        (lines["system"] == "certwell")
        & (lines["sends_result"] == "true")
        & ((pd.to_numeric(lines["minimum"]) != 0) | (pd.to_numeric(lines["maximum"]) < 1))
    ),
)

CONNECTOR: Final = Connector(
    system="certwell",
    title="CertWell",
    form=FORM,
    check=CHECK,
    mounts=(Mount("/certwell", "CertWell receiver", "etl.connectors.certwell.app:create_app", ASSET),),
    sender="etl.connectors.certwell.app:SENDER",
    is_source=False,
    reports=True,
    integration_rules=(_HOLDS_0_AND_1,),
)
