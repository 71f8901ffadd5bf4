"""The connection that holds the secret of an integration: its form, which is the same for every sender."""

from typing import Final

from etl.engine import connection_form

ASSET: Final = "reported_completions"
CHECK: Final = "etl.engine.webhooks.check:check_connection"
FORM: Final = {
    "ui-field-behaviour": {
        "hidden-fields": [*connection_form.IN_ADDRESS, "host", "login"],
        "relabeling": {"password": "Webhook secret"},
    },
    "conn-fields": {},
}
