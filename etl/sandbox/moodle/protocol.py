"""Moodle's web service protocol as both Moodle sites speak it: recorded bodies, parameters, errors."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

SERVER = "/webservice/rest/server.php"
LOGIN = "/login/token.php"
PROTOCOL_FIELDS = frozenset({"wstoken", "wsfunction", "moodlewsrestformat"})

NOTHING: Mapping[str, object] = {}

_RECORDED = Path(__file__).parent / "data" / "recorded.json.gz"


@dataclass(frozen=True)
class Exchange:
    """One recorded request (``params`` as sent, with placeholders) and the body that came back."""

    name: str
    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    media_type: str
    body: str


@dataclass(frozen=True)
class Recording:
    """Everything that was recorded from one real Moodle 4.5 site."""

    exchanges: Mapping[str, Exchange]
    gradepass: Mapping[int, float]  # by cmid, unrounded: the site itself shows it rounded
    deleted_users: frozenset[int]

    def value(self, name: str) -> Any:
        """A recorded answer, parsed."""
        return json.loads(self.exchanges[name].body)

    def body(self, name: str, replaced: Mapping[str, object] = NOTHING) -> str:
        """A recorded body, with other words where ``replaced`` names recorded ones."""
        body = self.exchanges[name].body
        for old, new in replaced.items():
            body = body.replace(old, to_json(str(new))[1:-1])
        return body


@lru_cache(maxsize=1)
def recording() -> Recording:
    """The recorded site."""
    data = json.loads(gzip.decompress(_RECORDED.read_bytes()))
    exchanges = [
        Exchange(**{**exchange, "params": tuple(map(tuple, exchange["params"]))})
        for exchange in data["exchanges"]
    ]
    return Recording(
        exchanges={exchange.name: exchange for exchange in exchanges},
        gradepass={int(cmid): grade for cmid, grade in data["gradepass"].items()},
        deleted_users=frozenset(data["deleted_users"]),
    )


class MoodleError(Exception):
    """The site answers this recorded error; ``replaced`` as for Recording.body."""

    def __init__(self, name: str, replaced: Mapping[str, object] = NOTHING) -> None:
        super().__init__(name)
        self.body = recording().body(name, replaced)

    def answer(self) -> Any:
        """What is answered, parsed."""
        return json.loads(self.body)


def to_json(value: object) -> str:
    """JSON exactly as PHP writes it: no spaces, slashes and other alphabets escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")


def verdict(grade: float, gradepass: float | None) -> str:
    """Moodle's own verdict as it stands before a grade: an icon; nothing without a pass grade."""
    if not gradepass:
        return ""
    icon, title = (
        ("fa-check text-success", "Pass") if grade >= gradepass else ("fa-xmark text-danger", "Fail")
    )
    return f'<i class="icon fa {icon} fa-fw inline"  title="{title}" role="img" aria-label="{title}"></i>'


# Parameters of the reading functions: name -> (integer?, required?).
COURSE: Mapping[str, tuple[bool, bool]] = {"courseid": (True, True)}
PARAMETERS: Mapping[str, Mapping[str, tuple[bool, bool]]] = {
    "core_webservice_get_site_info": {"serviceshortnames": (False, False)},
    "core_course_get_categories": {"criteria": (False, False), "addsubcategories": (True, False)},
    "core_course_get_courses_by_field": {"field": (False, False), "value": (False, False)},
    "core_course_get_courses": {"options": (False, False)},
    "core_course_get_contents": {**COURSE, "options": (False, False)},
    "core_user_get_users": {"criteria": (False, True)},
    "core_enrol_get_enrolled_users": {**COURSE, "options": (False, False)},
    "core_course_get_course_module": {"cmid": (True, True)},
    "gradereport_user_get_grade_items": {**COURSE, "userid": (True, False), "groupid": (True, False)},
    "core_completion_get_course_completion_status": {**COURSE, "userid": (True, True)},
}


def check_parameters(function: str, params: Mapping[str, str]) -> None:
    """Refuse missing, unexpected and non-integer parameters as the site does (recorded)."""
    known = PARAMETERS.get(function)
    if known is None:
        return
    names = {name.split("[", 1)[0] for name in params}
    for name, (integer, required) in known.items():
        if required and name not in names:
            raise MoodleError("core_course_get_contents__missing_parameter", {"courseid": name})
        if integer and name in params and not params[name].lstrip("-").isdigit():
            raise MoodleError(
                "core_course_get_contents__non_integer_courseid", {"courseid": name, "abc": params[name]}
            )
    if unexpected := sorted(names - known.keys()):
        raise MoodleError(
            "core_webservice_get_site_info__unexpected_parameter", {"bogus": ", ".join(unexpected)}
        )


def pairs(params: Mapping[str, str], name: str, key: str) -> dict[str, str]:
    """A list of structures as Moodle takes it: options[0][name]=x & options[0][value]=y -> {x: y}."""
    found = {}
    for index in range(len(params)):
        if f"{name}[{index}][{key}]" in params:
            found[params[f"{name}[{index}][{key}]"]] = params.get(f"{name}[{index}][value]", "")
    return found
