"""Every token, key and number pattern that the sandbox knows: made up, and of no use anywhere else.

The demo connections and the tests take them from here.
"""
# ruff: noqa: S105

from collections.abc import Mapping

# Moodle, at /moodle: a token decides what its owner may do.
MOODLE_TOKEN = "sandbox-moodle-full"
MOODLE_TOKEN_WEAK = "sandbox-moodle-weak"
MOODLE_TOKEN_LIMITED = "sandbox-moodle-limited"
MOODLE_TOKEN_EXPIRED = "sandbox-moodle-expired"
MOODLE_TOKEN_IP_RESTRICTED = "sandbox-moodle-ip-restricted"
MOODLE_TOKEN_UNAUTHORISED = "sandbox-moodle-unauthorised"
MOODLE_TOKEN_NO_REST = "sandbox-moodle-no-rest"

MOODLE_ROLES: Mapping[str, str] = {
    MOODLE_TOKEN: "full",
    MOODLE_TOKEN_WEAK: "weak",  # may use REST, enrolled nowhere, no capability besides
    MOODLE_TOKEN_LIMITED: "limited",  # enrolled, but a role that silently loses things (see moodle_roles)
    MOODLE_TOKEN_EXPIRED: "expired",
    MOODLE_TOKEN_IP_RESTRICTED: "ip_restricted",
    MOODLE_TOKEN_UNAUTHORISED: "unauthorised",
    MOODLE_TOKEN_NO_REST: "no_rest",
}

# Moodle by user name and password (login/token.php).
MOODLE_USERNAME = "svc.poller"
MOODLE_PASSWORD = "sandbox-moodle-password"
MOODLE_SERVICE = "vettrak_etl"

# The generated Moodle, at /generated.
GENERATED_TOKEN = "sandbox-generated-full"

# PE-Online, at /pe: one account that books points, and one that is still in test mode.
PE_USER = "5201"
PE_KEY = "sandbox-pe-key"
PE_TEST_USER = "5202"
PE_TEST_KEY = "sandbox-pe-test-key"

# InfoCaption, at /infocaption: OAuth2 client credentials.
INFOCAPTION_ID = "sandbox-infocaption-id"
INFOCAPTION_SECRET = "sandbox-infocaption-secret"

# Coachview, at /coachview: OAuth2 client credentials, and what results are signed with.
COACHVIEW_ID = "sandbox-coachview-id"
COACHVIEW_SECRET = "sandbox-coachview-secret"
COACHVIEW_PLUGIN = "sandbox-plugin"
COACHVIEW_WEBHOOK_SECRET = "sandbox-coachview-webhook-secret"

# ILIAS, at /ilias: a login at its one client.
ILIAS_CLIENT = "sandbox"
ILIAS_USER = "svc.results"
ILIAS_PASSWORD = "sandbox-ilias-password"

# The webhook secret of each e-learning system that sends.
WEBHOOK_SECRET = "sandbox-webhook-secret"
