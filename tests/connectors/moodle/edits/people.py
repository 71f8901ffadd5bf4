"""Edits of clients, of their numbers and of accounts of a site."""

from tests.connectors.moodle.edits.whom import learners

CL10 = "client_code = 'CL00010'"

EDITS = [
    (
        "core.clients",
        "a client who is gone",
        f"update core.clients set closed_at = now() where {CL10}",
        learners("2", 16),
    ),
    (
        "core.client_numbers",
        "a number that names somebody else",
        "insert into core.client_numbers (client_code, scheme, value) values ('CL00009', 'moodle:moodle_main', '16')",
        learners("2", 15, 16),
    ),
    (
        "core.moodle_accounts",
        "an account that is known to be somebody's",
        "insert into core.moodle_accounts (source, client_code, user_id, origin, suspended)"
        " values ('moodle_main', 'CL00032', '44', 'matched', false)",
        learners("4", 38, 44),
    ),
]
