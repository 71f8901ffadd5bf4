"""How a call that writes goes out to Moodle: once, by form, and answered in full or else of unknown outcome."""

from collections.abc import Mapping
from typing import Final, TypeVar

import msgspec

from etl.connectors.moodle.client import ENDPOINT, MoodleClient
from etl.connectors.moodle.errors import ErrorAnswer, TokenRefused
from etl.connectors.moodle.writing.answers import NotWritten, Written, not_written
from etl.engine.decoding import BROKEN, decoded, without_mark
from etl.errors import AnswerLost
from etl.http.client import READ_TIMEOUT, Reply
from etl.http.refusals import not_json

_NAMED: Final = (
    "id",
    "userid",
    "courseid",
    "importfrom",
    "importto",
)  # the parameters that a message may name

T = TypeVar("T")


class _Made(msgspec.Struct):
    id: int


class _Warning(msgspec.Struct):
    warningcode: str


class _Updated(msgspec.Struct):
    warnings: list[_Warning]


_made: Final = msgspec.json.Decoder(list[_Made])
_updated: Final = msgspec.json.Decoder(_Updated | None)
_nothing: Final = msgspec.json.Decoder(None)
_error: Final = msgspec.json.Decoder(ErrorAnswer)


class WritingCalls(MoodleClient):
    """A client that can write. Readings are repeated while the site says "later"; nothing is written twice."""

    def _do(
        self, function: str, about: Written, given: Mapping[str, str], read_timeout: float = READ_TIMEOUT
    ) -> None:
        """Answered ``null`` where it was done."""
        self._write(function, about, given, _nothing, read_timeout)

    def _make(self, function: str, about: Written, name: str, row: Mapping[str, str]) -> str:
        """Answered with the id of what was made."""
        made = self._write(function, about, one_row(name, row), _made)
        if len(made) != 1:
            raise AnswerLost(f"{self._system}: {function}", f"{len(made)} rows answered", "no_answer")
        return str(made[0].id)

    def _update(self, function: str, about: Written, name: str, row: Mapping[str, str]) -> None:
        """Answered 200 with a warning where the row was not written."""
        call = f"{self._system}: {function} id {row['id']}"
        answer = self._write(function, about, one_row(name, row), _updated)
        if answer and answer.warnings:
            code = answer.warnings[0].warningcode
            problem = not_written(call, ErrorAnswer(errorcode=code), about)
            if isinstance(problem, AnswerLost):  # Moodle says itself that it took the row back
                raise NotWritten("refused_by_moodle", f"{call}: {problem.error_code}", code, look_again=True)
            raise problem

    def _write(
        self,
        function: str,
        about: Written,
        given: Mapping[str, str],
        decoder: msgspec.json.Decoder[T],
        read_timeout: float = READ_TIMEOUT,
    ) -> T:
        token = self._current_token()
        try:
            return self._post(token, function, about, given, decoder, read_timeout)
        except TokenRefused:  # before anything was done
            renewed = self._renewed_token(token)
            if renewed is None:
                raise
        return self._post(renewed, function, about, given, decoder, read_timeout)

    def _post(
        self,
        token: str,
        function: str,
        about: Written,
        given: Mapping[str, str],
        decoder: msgspec.json.Decoder[T],
        read_timeout: float,
    ) -> T:
        ids = {key.rpartition("[")[2].rstrip("]"): value for key, value in given.items()}
        call = " ".join([function, *(f"{name} {ids[name]}" for name in _NAMED if name in ids)])
        form = {"wstoken": token, "wsfunction": function, "moodlewsrestformat": "json", **given}

        def answered(reply: Reply) -> T:
            return self._answered(f"{self._system}: {call}", reply, about, decoder)

        return self._caller.write(call, ENDPOINT, answered, form, read_timeout=read_timeout)

    def _answered(self, where: str, reply: Reply, about: Written, decoder: msgspec.json.Decoder[T]) -> T:
        """What Moodle says that it did. What is no answer of Moodle leaves open whether anything was done."""
        start = without_mark(reply.body).lstrip()[:1]
        if start not in (b"{", b"[", b"n"):
            cause = str(not_json(where, reply.body)).removeprefix(f"{where}: ")
            raise AnswerLost(where, cause, "no_answer")
        try:
            answer = decoded(reply.body, _error) if start == b"{" else None
            if answer is None or not answer.is_error:
                return decoded(reply.body, decoder)
        except BROKEN:
            raise AnswerLost(
                where, f"damaged or unexpected JSON ({len(reply.body)} bytes)", "no_answer"
            ) from None
        raise not_written(where, answer, about)


def one_row(name: str, row: Mapping[str, str]) -> dict[str, str]:
    """A list of one structure as Moodle takes it: users[0][email]=x."""
    return {f"{name}[0][{key}]": value for key, value in row.items()}


def as_text(value: str | bool) -> str:
    """A value as Moodle takes it: Booleans are 0 and 1."""
    return str(int(value)) if isinstance(value, bool) else value
