"""Moodle's web service: the calls that read results (docs/connectors/moodle.md, Calls)."""

import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Final

import msgspec
from sqlalchemy import Engine

from etl.connections import Connection
from etl.connectors.moodle.errors import About, ErrorAnswer, TokenRefused, error_of
from etl.connectors.moodle.profiles import profile_period
from etl.db.turns import Turns
from etl.engine.decoding import decoded, without_mark
from etl.errors import CapabilityMissing, GiveUp, RejectRecord, RetryLater
from etl.http.client import READ_TIMEOUT, Caller, Client, Reply, wait_limit
from etl.http.refusals import not_json
from etl.http.width import calls_at_once

# A whole report costs the site 13 ms a student before its first byte (docs/connectors/moodle.md, Cost); five times that
# fits a slower site, and the longest bounds what a dead one costs.
_SECONDS_A_STUDENT: Final = 0.065
_LONGEST_READ: Final = 600.0
_UNKNOWN_SIZE: Final = 300.0
ENDPOINT: Final = "webservice/rest/server.php"
_NO_GROUP: Final = "2147483647"
_IDS: Final = ("courseid", "userid", "cmid")  # the parameters that a message may name
_HINTS: Final = {
    403: "web services or the REST protocol are switched off",
    404: "there is no Moodle at this address",
}
Body = bytes  # of an answer, as received
_NOTHING: Final[Mapping[str, str]] = {}
_error_object = msgspec.json.Decoder(ErrorAnswer)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_raw = msgspec.json.Decoder(msgspec.Raw)


class MoodleClient(Client):
    """One Moodle site, by token or by user name and password. Safe to share between threads.

    Connection: host = site; password = token, or login and password with the service's short name in extra
    ``service``; extra ``wait_limit`` = seconds to wait in all for a site that says "later", ``profile_days`` = after
    how many days it is asked anew who the participants of a course are, ``calls_at_once`` = how many at most, of all
    clients of the site together: they share the warehouse of ``engine``.
    """

    def __init__(
        self, connection: Connection, engine: Engine, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._connection = connection
        most = calls_at_once(connection)
        self._turns = Turns(engine, connection.site(), most)
        caller = Caller(
            f"Moodle {connection.conn_id}",
            connection.site(),
            hints=_HINTS,
            silent=True,
            wait_limit=wait_limit(connection),
            most_at_once=most,
            turn=self._turns.turn,
            sleep=sleep,
        )
        super().__init__(caller)
        self.profile_period = profile_period(connection)
        self._lock = Lock()
        self._token = "" if connection.login else connection.password
        self._may_renew = bool(connection.login)

    def close(self) -> None:
        """Give the connections back, those to the warehouse too."""
        super().close()
        self._turns.close()

    def site_info(self) -> Body:
        """Name and release of the site, and the functions that the token may call."""
        return self._read("core_webservice_get_site_info", "site")

    def courses(self) -> Body:
        """Every course that the service account may see. One that is not in it is gone or hidden from us."""
        return self._read("core_course_get_courses_by_field", "site", read_timeout=_UNKNOWN_SIZE)

    def enrolled_users(self, course_id: str, user_fields: Sequence[str], only_active: bool = True) -> Body:
        """The participants of a course, teachers too, with these fields only: all of them in one call.

        Not in pages: the site leaves out users after it has cut a page, so that only an empty page would be the last
        one, and each quiet night would cost two calls. The list is a small part of the grade report, which has none.
        """
        options = {
            "userfields": ",".join(dict.fromkeys(["id", *user_fields])),
            "onlyactive": str(int(only_active)),
            "sortby": "id",  # the same people are the same bytes, whatever they are called by now
        }
        pairs = {
            f"options[{n}][{key}]": text
            for n, option in enumerate(options.items())
            for key, text in zip(("name", "value"), option, strict=True)
        }
        body = self._read("core_enrol_get_enrolled_users", "course", {"courseid": course_id, **pairs})
        try:
            decoded(body, _list)
        except msgspec.DecodeError:
            message = f"{self._system}: participants of course {course_id}: the answer is not a list"
            raise RejectRecord("malformed_record", message) from None
        return body

    def check_groups(self, course_id: str) -> None:
        """Raises CapabilityMissing where the account may not see all groups of a course.

        Of a course in separate groups it then sees its own alone, and no error comes: only who asks for a group by
        number is refused. This number no group has.
        """
        function, group = "core_enrol_get_enrolled_users", {"name": "groupid", "value": _NO_GROUP}
        options = {f"options[0][{key}]": text for key, text in group.items()}
        try:
            self._read(function, "course", {"courseid": course_id, **options})
        except CapabilityMissing:
            raise CapabilityMissing(
                f"{self._system}: {function} courseid {course_id}: who is in another of its groups is not shown: give"
                " the service account's role moodle/site:accessallgroups"
            ) from None

    def contents(self, course_id: str) -> Body:
        """Sections and activities of a course, without the files in them."""
        option = {"options[0][name]": "excludecontents", "options[0][value]": "1"}
        return self._read("core_course_get_contents", "course", {"courseid": course_id, **option})

    def course_module(self, activity_id: str) -> Body:
        """One activity with its pass grade."""
        return self._read("core_course_get_course_module", "activity", {"cmid": activity_id})

    def grade_report(self, course_id: str, user_id: str | None = None, class_size: int | None = None) -> Body:
        """The grades of one learner, or of everyone with an active enrolment; the time-out fits the class."""
        function = "gradereport_user_get_grade_items"
        if user_id is not None:
            return self._read(function, "learner", {"courseid": course_id, "userid": user_id})
        return self._read(function, "course", {"courseid": course_id}, report_timeout(class_size))

    def completion(self, course_id: str, user_id: str) -> Body:
        """Whether one learner completed the course, with the time of each criterion."""
        function = "core_completion_get_course_completion_status"
        return self._read(function, "learner", {"courseid": course_id, "userid": user_id})

    def _read(
        self,
        function: str,
        about: About,
        parameters: Mapping[str, str] = _NOTHING,
        read_timeout: float = READ_TIMEOUT,
    ) -> Body:
        token = self._current_token()
        try:
            return self._ask(token, function, about, parameters, read_timeout)
        except TokenRefused:
            renewed = self._renewed_token(token)
            if renewed is None:
                raise
        return self._ask(renewed, function, about, parameters, read_timeout)

    def _ask(
        self, token: str, function: str, about: About, parameters: Mapping[str, str], read_timeout: float
    ) -> Body:
        call = " ".join([function, *(f"{key} {parameters[key]}" for key in _IDS if key in parameters)])
        form = {"wstoken": token, "wsfunction": function, "moodlewsrestformat": "json", **parameters}
        return self._caller.read(
            call,
            ENDPOINT,
            lambda reply: self._checked(call, reply, about),
            method="POST",  # the token stays out of the address and so out of access logs
            read_timeout=read_timeout,
            data=form,
        )

    def _checked(self, call: str, reply: Reply, about: About) -> Body:
        """The body, when it is complete JSON and no error object."""
        where = f"{self._system}: {call}"
        start = without_mark(reply.body).lstrip()[:1]
        if start not in (b"{", b"["):
            raise not_json(where, reply.body)
        try:
            answer = decoded(reply.body, _error_object) if start == b"{" else decoded(reply.body, _raw)
        except (msgspec.DecodeError, RecursionError):
            raise RetryLater(f"{where}: truncated or damaged JSON ({len(reply.body)} bytes)") from None
        if isinstance(answer, ErrorAnswer) and answer.is_error:
            raise error_of(where, answer, about)
        return reply.body

    def _current_token(self) -> str:
        with self._lock:
            if not self._token:
                self._token = self._new_token()
            return self._token

    def _renewed_token(self, refused: str) -> str | None:
        """A token other than the refused one; asked for once, since a second refusal has another cause."""
        with self._lock:
            if self._token != refused:
                return self._token  # another thread was here first
            if not self._may_renew:
                return None
            self._may_renew = False
            self._token = self._new_token()
            return self._token

    def _new_token(self) -> str:
        connection = self._connection
        service = connection.extra.get("service")
        if not connection.password:
            raise GiveUp(f"{self._system}: the connection has no password (token)")
        if not service:
            raise GiveUp(f"{self._system}: the connection's extra has no service (its short name)")
        body = self._caller.read(
            "login/token.php",
            "login/token.php",
            lambda reply: self._checked("login/token.php", reply, "site"),
            method="POST",
            data={"username": connection.login, "password": connection.password, "service": service},
        )
        try:
            return msgspec.json.decode(body, type=_Token).token
        except msgspec.DecodeError:
            raise GiveUp(f"{self._system}: login/token.php: no token in the answer") from None


def report_timeout(class_size: int | None) -> float:
    """How many seconds a whole report may take to begin; it is computed before its first byte."""
    if class_size is None:
        return _UNKNOWN_SIZE
    return min(READ_TIMEOUT + class_size * _SECONDS_A_STUDENT, _LONGEST_READ)


class _Token(msgspec.Struct):
    token: str
