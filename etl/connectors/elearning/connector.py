"""Any e-learning system, as a sender of completed courses in the generic message."""

from typing import Final

from etl.engine.connector import Connector, Mount
from etl.engine.webhooks.form import ASSET, CHECK, FORM

CONNECTOR: Final = Connector(
    system="elearning",
    title="E-learning (generic message)",
    form=FORM,
    check=CHECK,
    mounts=(
        Mount("/elearning", "Generic message receiver", "etl.connectors.elearning.app:create_app", ASSET),
    ),
    sender="etl.connectors.elearning.app:SENDER",
    is_source=False,
    reports=True,
)
