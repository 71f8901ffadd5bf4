"""Does an error of PE-Online say that the attendance is there already? Then the row is accepted.

How it says so is not known (docs/connectors/pe_online.md, Sentences), so this goes by what such a sentence has in any
wording, in the three languages that an account can ask for. It has to be sure:
what is taken for registered is not offered again.
"""

import re
from typing import Final

_DONE: Final = (
    r"(?:geregistreerd|verwerkt|bijgeschreven|aanwezig|bekend|opgevoerd|ingevoerd|ingeboekt|geboekt|toegekend|"
    r"ontvangen|aangeleverd|aangemeld|bestaat|registered|recorded|processed|booked|present|known|exists?|"
    r"enregistr\w+|pr[e\u00e9]sente?s?|connue?s?|existe|trait[e\u00e9]\w*)\b"
)
_ALREADY: Final = r"\b(?:al|reeds|already|previously|d[e\u00e9]j[a\u00e0])\b"
_WORDS_BETWEEN: Final = r"(?: (?!(?:niet|geen|not|no|pas)\b)\w+){0,3}"
_ATTENDANCE: Final = (
    r"\b(?:deelname|aanwezigheid|presentie|punten|attendance|participation|points|pr[e\u00e9]sence)\b"
)
_SOMEBODY_ELSE_S: Final = re.compile(r"\b(?:andere?|another|other|autre)\b", re.IGNORECASE)
_NOT_SO: Final = re.compile(
    r"\b(?:niet|geen|not?|pas|onbekende?|unknown|inconnue?|kan|moet|zal|can|must|will|doit|peut)\b",
    re.IGNORECASE,
)
_ALREADY_DONE: Final = re.compile(
    rf"(?<!niet )(?<!not )(?<!pas ){_ALREADY}{_WORDS_BETWEEN} {_DONE}|\b{_DONE}(?: er)? {_ALREADY}"
    r"|\b(?:dubbele?|duplicate|doublon)\b.{0,20}(?:\bvoor\b|regist|record|regel|attendance|presentie|deelname)",
    re.IGNORECASE,
)
_DONE_TO_ATTENDANCE: Final = re.compile(rf"{_ATTENDANCE}.{{0,60}}\b{_DONE}", re.IGNORECASE)


def says_so(text: str) -> bool:
    """Already registered, known or present; or attendance that is said to be so, with no "not" in the sentence."""
    words = " ".join(text.split())
    if _SOMEBODY_ELSE_S.search(words):
        return False
    return bool(_ALREADY_DONE.search(words)) or bool(
        _DONE_TO_ATTENDANCE.search(words) and not _NOT_SO.search(words)
    )
