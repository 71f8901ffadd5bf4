"""Every error that is raised on purpose, named by what to do next (docs/design.md, Errors say what to do next).

    EtlError
        RetryLater              the same call may succeed later
            NotLookedAt         said before the call was looked at (etl/http/statuses.py)
                TooMany             it has given all that it gives for a while (etl/http/statuses.py)
            BudgetSpent         the requests of a day are used up (etl/connectors/coachview/budget.py)
        GiveUp                  a person has to change something first
            CapabilityMissing   a right of the account
            ConnectionMissing   a connection that is not there
            Unusable            this call was refused, or its answer is none
                Refused             with an HTTP status (etl/http/statuses.py)
            TokenRefused        a token of Moodle (etl/connectors/moodle/errors.py)
            SessionEnded        a session that is none any more (etl/connectors/ilias/faults.py)
            AccountRefused      an account of a target (etl/connectors/pe_online/sender.py)
        RejectRecord            this course, person or row only: list it and go on
            NotWritten          a row that Moodle refused to write (etl/connectors/moodle/writing/answers.py)
        OutcomeUnknown          the call may have been carried out: settle it first
            AnswerLost          it left, and no usable answer came back
        InvalidInput            a person entered something wrong
            LinkChanged         somebody else changed the link meanwhile (etl/connectors/iep_lvs/links.py)
            WrongRow            a row of a reference file cannot be entered (etl/reference/entering.py)
        DatabaseFault           the warehouse refused, or could not be reached
        NotTaken                a message to us is not kept; its sender is told why
            Malformed           it cannot be read, however often it is sent
                TooLarge        over the limit (etl/engine/bodies.py)
            ComeAgain           it may be taken later
            UwlrFault           as UWLR says it (etl/connectors/iep_lvs/faults.py)

What only one module raises and catches, to go on elsewhere (a file that waits, a sender's turn), is no error.
A message names the system, the call and the ids. It never holds a person, a key, a payload or an answer's body.
"""


class EtlError(Exception):
    """Base of all errors that this product raises on purpose; ``code`` names it in the run report."""

    code: str = "error"


class RetryLater(EtlError):  # noqa: N818 - named by what to do next
    """The system is not able to answer now; the same call may succeed later."""

    code = "retry_later"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after  # seconds, where the system said so


class GiveUp(EtlError):  # noqa: N818
    """A person has to change something (a key, a permission, a setting) before the call can succeed."""

    code = "give_up"


class CapabilityMissing(GiveUp):
    """The account lacks a right that a person has to give, perhaps only here: other courses may be readable."""


class ConnectionMissing(GiveUp):
    """There is no connection of this name; who can do without it asks etl.engine.absent."""

    code = "connection_missing"


class Unusable(GiveUp):
    """This call was refused, or answered with what is no answer; the caller knows what else may still be answered."""

    code = "unusable_answer"


class RejectRecord(EtlError):  # noqa: N818
    """This course, person or row only: list it with its reason and go on with the rest."""

    def __init__(self, reason_code: str, message: str) -> None:
        super().__init__(message)
        self.reason_code = self.code = reason_code


class OutcomeUnknown(EtlError):  # noqa: N818
    """The call may or may not have been carried out: settle it before doing anything else with those rows."""

    code = "outcome_unknown"


class AnswerLost(OutcomeUnknown):
    """What was sent left, and no usable answer came back; ``cause`` says why, ``error_code`` in short, if the call has
    such codes.
    """

    def __init__(self, who: str, cause: str, error_code: str = "") -> None:
        super().__init__(f"{who}: {cause}; the outcome is unknown")
        self.cause = cause
        self.error_code = error_code


class InvalidInput(EtlError):  # noqa: N818
    """What a person entered (a file, a setting, an argument) is wrong; the message says where and why."""

    code = "invalid_input"


class DatabaseFault(EtlError):  # noqa: N818
    """The warehouse refused, or could not be reached; ``sqlstate`` is None where no connection came about.

    The message holds names of the schema and what to do, never a value.
    """

    code = "database"

    def __init__(self, message: str, sqlstate: str | None) -> None:
        super().__init__(message)
        self.sqlstate = sqlstate


class NotTaken(EtlError):  # noqa: N818
    """A message that was sent to us is not kept; its sender is told why, in the way of its system."""

    code = "not_taken"


class Malformed(NotTaken):
    """It cannot be read, however often it is sent."""


class ComeAgain(NotTaken):
    """It is not taken now; the same message may be taken later."""
