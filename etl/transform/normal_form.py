"""The one form in which text of people, addresses and codes is compared: trimmed, lower-case, Unicode NFC.

What one writes in two ways is one (NFC, blanks of any kind, invisible characters around it). Two mailboxes stay two:
text is lower-cased, not case-folded, so that the long s, the sharp s and ligatures stay letters of their own, and
no character beyond ASCII turns into one of ASCII.
"""

import re
import unicodedata
from typing import Final

import pandas as pd

_PLAIN_BLANKS: Final = "".join(map(chr, [*range(0x21), 0x7F]))  # ASCII's blanks and controls
# Unicode's controls, blanks, format characters (zero width, BOM, direction marks), fillers and variation selectors.
_INVISIBLE: Final = (
    r"\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff"
)
_AROUND: Final = re.compile(f"^[{_INVISIBLE}]+|[{_INVISIBLE}]+$")
_BLANKS: Final = re.compile(r"\s+")
# Unicode calls the Kelvin sign a K, and three more characters equal to signs of ASCII; a mail server does not.
_LOOK_ALIKES: Final = re.compile("([\u212a\u037e\u1fef])")


def folded(text: pd.Series) -> "pd.Series[str]":
    """Each text in the form in which it is compared; empty = unknown (missing)."""
    given = text.astype("str")
    form = given.str.strip(_PLAIN_BLANKS).str.lower().str.replace(r"[\t-\r\x1c-\x1f ]+", " ", regex=True)
    odd = (given.notna() & ~given.str.isascii()).to_numpy()
    form[odd] = given[odd].map(folded_text).array  # rare, and ten times as slow
    return form.where(form != "")


def folded_text(text: str) -> str:
    """One text in the form in which it is compared."""
    trimmed = _BLANKS.sub(" ", _AROUND.sub("", text))
    return "".join(
        part if _LOOK_ALIKES.fullmatch(part) else _lower(part) for part in _LOOK_ALIKES.split(trimmed)
    )


def _lower(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).lower())
