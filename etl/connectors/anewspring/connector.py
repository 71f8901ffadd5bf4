"""aNewSpring, as a sender of completed courses by webhook."""

from typing import Final

from etl.engine.connector import Connector, Mount
from etl.engine.webhooks.form import ASSET, CHECK, FORM
from etl.files.rules import Rule

_SIGNS_WITH_SHA1: Final = Rule(
    "hash",
    "must be sha1 for a system that is anewspring: it signs with no other",
    lambda lines: (lines["system"] == "anewspring") & (lines["hash"] != "sha1"),
)

CONNECTOR: Final = Connector(
    system="anewspring",
    title="aNewSpring",
    form=FORM,
    check=CHECK,
    mounts=(Mount("/anewspring", "aNewSpring receiver", "etl.connectors.anewspring.app:create_app", ASSET),),
    sender="etl.connectors.anewspring.app:SENDER",
    is_source=False,
    reports=True,
    integration_rules=(_SIGNS_WITH_SHA1,),
)
