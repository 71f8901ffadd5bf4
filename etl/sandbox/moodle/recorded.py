"""/moodle: the recorded Moodle 4.5 site; a token decides the role.

Answers of the reading functions come from answers.py over the site, which can be changed and written to (writing/).
Everything else is answered as it was recorded, the same question asked again getting the next recorded answer.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

from etl.sandbox import accounts
from etl.sandbox.frame import Call, SandboxReply
from etl.sandbox.journal import Journal
from etl.sandbox.moodle.answers import ANSWERS
from etl.sandbox.moodle.control import routes
from etl.sandbox.moodle.protocol import (
    LOGIN,
    PROTOCOL_FIELDS,
    SERVER,
    Exchange,
    MoodleError,
    check_parameters,
    recording,
    to_json,
)
from etl.sandbox.moodle.roles import limited, weak
from etl.sandbox.moodle.site import MoodleSite
from etl.sandbox.moodle.withheld import withhold
from etl.sandbox.moodle.writing.functions import WRITES, written

PLACEHOLDERS: Mapping[str, str] = {
    "{{TOKEN}}": accounts.MOODLE_TOKEN,
    "{{TOKEN_WEAK}}": accounts.MOODLE_TOKEN_WEAK,
    "{{TOKEN_EXPIRED}}": accounts.MOODLE_TOKEN_EXPIRED,
    "{{TOKEN_IP_RESTRICTED}}": accounts.MOODLE_TOKEN_IP_RESTRICTED,
    "{{TOKEN_UNAUTHORISED_USER}}": accounts.MOODLE_TOKEN_UNAUTHORISED,
    "{{TOKEN_NOREST}}": accounts.MOODLE_TOKEN_NO_REST,
    "{{PASSWORD}}": accounts.MOODLE_PASSWORD,
    "{{WRONG_PASSWORD}}": "not-the-password",
    "{{USERPRIVATEACCESSKEY}}": "sandbox-private-access-key",
}
INFO = "core_webservice_get_site_info"
REFUSED = {
    "ip_restricted": INFO + "__token_ip_restricted",
    "unauthorised": INFO + "__token_of_unauthorised_user",
    "no_rest": INFO + "__user_without_rest_capability",
}
WRONG_LOGIN = "login_token_php__invalid_login"


@dataclass(frozen=True)
class Question:
    """What an answer was recorded for, in any order of the fields."""

    path: str
    fields: frozenset[tuple[str, str]]


class RecordedMoodle:
    """The recorded site as a stand-in; ``site`` can be changed between nights, and what is written is kept."""

    name = "moodle"

    def __init__(self, journal: Journal | None = None) -> None:
        self._journal = journal or Journal()
        self._recorded: defaultdict[Question, list[Exchange]] = defaultdict(list)
        for exchange in recording().exchanges.values():
            fields = frozenset((key, fill(value)) for key, value in exchange.params)
            self._recorded[Question(exchange.path, fields)].append(exchange)
        self._begin()

    def reset(self) -> None:
        """The site as it was recorded."""
        self._journal.forget()
        self._begin()

    def _begin(self) -> None:
        self.site = MoodleSite(recording())
        self._asked: Counter[Question] = Counter()
        self._token_deleted = False
        self._answers: dict[tuple[int, str, Question], bytes] = {}  # until the site changes
        for call in self._journal.kept():
            written(self.site, **call)

    def close(self) -> None:
        """Nothing is held open."""

    def operation(self, call: Call) -> str:
        """The web service function, or login/token.php."""
        return LOGIN.lstrip("/") if call.path == LOGIN else call.form.get("wsfunction", "")

    def answer(self, call: Call) -> SandboxReply:
        """Nearly every failure is HTTP 200 (docs/connectors/moodle.md, Errors)."""
        if call.path not in (SERVER, LOGIN):
            return SandboxReply(b"<h1>Not Found</h1>", 404, "text/html; charset=utf-8")
        question = Question(call.path, frozenset(call.form.items()))
        if call.path == LOGIN:
            return _reply(self._login(question, call.form), call.origin)
        if call.form.get("moodlewsrestformat") != "json":
            return self._in_xml(question, call)
        key = (self.site.changes, call.origin, question)
        if (body := self._answers.get(key)) is not None:
            return SandboxReply(body)
        try:
            text = self._body(question, call.form)
        except MoodleError as error:
            return _reply(self._said(error), call.origin)
        reply = _reply(text, call.origin)
        if call.form["wsfunction"] in ANSWERS:
            self._answers[key] = reply.body
        return reply

    def _body(self, question: Question, form: Mapping[str, str]) -> str:
        role = self._role(form.get("wstoken", ""), form.get("wsfunction", ""))
        function = self._function(form.get("wsfunction", ""))
        params = {name: value for name, value in form.items() if name not in PROTOCOL_FIELDS}
        check_parameters(function, params)
        if function == INFO:
            return self._site_info(role)
        if function in WRITES:
            return to_json(self._written(function, params, role))
        if role == "weak":
            return self._next(question) or weak(self.site, function, params)
        if function in ANSWERS:
            value = withhold(self.site.withheld, function, ANSWERS[function](self.site, params))
            return to_json(limited(function, value) if role == "limited" else value)
        return self._next(question) or recording().body(f"{function}__happy")

    def _written(self, function: str, params: Mapping[str, str], role: str) -> Any:
        answer = written(self.site, function, params, role)
        self._journal.add(function=function, params=params, role=role)
        return answer

    def _said(self, error: MoodleError) -> str:
        """An error, without its debuginfo where the site shows no messages of its debugging."""
        if self.site.books.shows_debuginfo:
            return error.body
        return to_json({key: value for key, value in error.answer().items() if key != "debuginfo"})

    def _role(self, token: str, function: str) -> str:
        role = accounts.MOODLE_ROLES.get(token, "unknown")
        if role in REFUSED:
            raise MoodleError(REFUSED[role], {INFO: function})
        if role == "expired" and not self._token_deleted:
            self._token_deleted = True  # the site deletes it at its first use
            raise MoodleError(INFO + "__expired_token")
        if role in ("expired", "unknown"):
            raise MoodleError(INFO + "__invalid_token")
        return role

    def _function(self, function: str) -> str:
        if not function:
            raise MoodleError("NONE__no_wsfunction")
        offered = {row["name"] for row in self._functions()}
        if function in self.site.removed_functions or function == "core_user_get_users_by_field":
            raise MoodleError(
                "core_user_get_users_by_field__function_not_in_service",
                {"core_user_get_users_by_field": function},
            )
        if function not in offered:
            raise MoodleError(
                "core_no_such_function__function_does_not_exist", {"core_no_such_function": function}
            )
        return function

    def _functions(self) -> list[dict[str, str]]:
        rows = recording().value(INFO + "__happy")["functions"]
        return [row for row in rows if row["name"] not in self.site.removed_functions]

    def _site_info(self, role: str) -> str:
        info: dict[str, Any] = recording().value(INFO + ("__rest_only_user" if role == "weak" else "__happy"))
        return to_json({**info, "functions": self._functions()})

    def _next(self, question: Question) -> str | None:
        recorded = self._recorded.get(question)
        if recorded is None:
            return None
        self._asked[question] += 1
        return recorded[min(self._asked[question], len(recorded)) - 1].body

    def _login(self, question: Question, form: Mapping[str, str]) -> str:
        for field in ("username", "password", "service"):
            if field not in form:
                return recording().body("login_token_php__missing_password", {"password": field})
        return self._next(question) or recording().body(WRONG_LOGIN)

    def _in_xml(self, question: Question, call: Call) -> SandboxReply:
        """Without moodlewsrestformat=json the site speaks XML; recorded for site info and a wrong token."""
        known = call.form.get("wstoken") in accounts.MOODLE_ROLES
        wrong = None if known else recording().exchanges[INFO + "__invalid_token_xml"].body
        body = wrong or self._next(question) or recording().exchanges[INFO + "__format_xml_default"].body
        return SandboxReply(fill(body, call.origin).encode(), media_type="application/xml; charset=utf-8")

    def control(self) -> APIRouter:
        """Change the site between two nights."""
        return routes(lambda: self.site)


def fill(text: str, origin: str = "") -> str:
    """Put the sandbox's own values in the place of what was taken out of a recording."""
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    return text.replace("{{WWWROOT}}", origin)


def _reply(text: str, origin: str) -> SandboxReply:
    return SandboxReply(fill(text, origin.replace("/", "\\/")).encode())
