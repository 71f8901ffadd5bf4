"""The reference files of IEP LVS: linked schools and tests that are left out (docs/connectors/iep_lvs.md)."""

import re
from typing import Final

from etl.files.columns import File, extra, key, required
from etl.files.kinds import code, day, one_of, text
from etl.files.rules import Rule

_PUPIL_NUMBER: Final = "leerlingid"
_BRIN6: Final = "[0-9]{2}[A-Z]{2}[0-9]{2}"


def brin6(value: str) -> str | None:
    """A school: BRIN and location number, such as 99QQ00."""
    return None if re.fullmatch(_BRIN6, value) else "must be a BRIN and location number such as 99QQ00"


_NAMES_A_SCHOOL: Final = Rule(
    "scheme",
    f"must name the school by BRIN and location number, such as {_PUPIL_NUMBER}:99QQ00",
    lambda lines: (
        lines["scheme"].str.startswith(f"{_PUPIL_NUMBER}:")
        & ~lines["scheme"].str.fullmatch(f"{_PUPIL_NUMBER}:{_BRIN6}")
    ),
)

_ONE_PUPIL: Final = Rule(
    "value",
    "another line gives the same number of this scheme to another client",
    lambda lines: (
        (lines["scheme"].str.startswith(f"{_PUPIL_NUMBER}:") | (lines["scheme"] == "eckid"))
        & lines.duplicated(["scheme", "value"], keep=False)
    ),
)

NUMBER_RULES: Final = (_NAMES_A_SCHOOL, _ONE_PUPIL)
UNUSED_NUMBERS: Final = {
    _PUPIL_NUMBER: f"names no school: the number is not used. Write {_PUPIL_NUMBER}:<BRIN and location>"
    f", such as {_PUPIL_NUMBER}:99QQ00"
}

FILES: Final = (
    File(
        "school_links",
        ("brin6",),
        (
            key("brin6", brin6),
            required("supplier", code),
            required("supplier_code", code),
            required("accepted_by"),
            required("accepted_on", day),
            required("start_date", day),
            required("status", one_of("active", "paused", "ended")),
            extra("reading", one_of("strict", "lenient"), default="strict"),
            extra("unknown_pupil", one_of("quarantine", "fault"), default="quarantine"),
            extra("source", default="iep_lvs"),
            extra("schoolkey"),
        ),
        about="Schools whose test results a supplier may deliver; the key itself is entered by command, not here",
    ),
    File(
        "excluded_tests",
        ("pattern",),
        (key("pattern", text), required("reason")),
        about="Tests that are not recorded: a pattern without letters is a whole code, words stand anywhere",
    ),
)
