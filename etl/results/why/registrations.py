"""Why a part of a training request is registered as it is, and what became of a completion that was reported."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection as Session

from etl import db
from etl.engine import inbox
from etl.errors import InvalidInput
from etl.results.registrations import refusal
from etl.results.why import changes, landed
from etl.results.why.shape import Listed, Row, Why, newest_first
from etl.transform.reasons import reason
from etl.transform.registrations import RULE
from etl.words import counted

# The landed answers of a completion that was polled, by system and number: connectors know them.
AnswersOf = Callable[[Session, str, int], Sequence[Row]]
_INTEGRATION: Final = "The integration and its result definition, as they stood then"


def why_registered(session: Session, request_code: str, part_code: str, answers_of: AnswersOf) -> Why:
    """What led to what is registered of a part. Raises InvalidInput where nothing is."""
    of = {"request_code": request_code, "part_code": part_code}
    found = _rows(session, "registration", **of)
    if not found:
        raise InvalidInput(f"nothing is registered of part {part_code} of request {request_code}")
    registration = found[0]
    completions = _rows(session, "counted", **of)
    [asked] = _rows(session, "asked", **of)
    integration, of_integration = _integration(
        session, registration["integration"], registration["registered_at"]
    )
    answers = [one for row in completions for one in _answers(session, row, answers_of)]
    later = any(row["grade_registered"] is False for row in completions)
    return Why(
        about=f"part {part_code} of request {request_code} is registered as it is",
        subject=registration,
        rule=[RULE, *([reason("later_attempt")] if later else [])],
        inputs=[
            Listed("The registration", [registration], facts=True),
            Listed("Completions that counted for it, in their order", [_shown(row) for row in completions]),
            Listed(
                "The request and its part",
                [{**asked, "matched_by": _matched(asked, completions)}],
                facts=True,
            ),
            Listed(_INTEGRATION, integration, "It is not entered any more.", facts=True),
        ],
        answers=_each_once(answers),
        runs=landed.runs(session, [row["run_id"] for row in [registration, *completions, *answers]]),
        decisions=newest_first(of_integration, *_changed(session, asked)),
        client_code=registration["client_code"],
    )


def why_completion(session: Session, completion_id: int, answers_of: AnswersOf) -> Why:
    """What became of a reported completion, or why it counts for nothing. Raises InvalidInput where there is none."""
    found = _rows(session, "completion", completion_id=completion_id)
    if not found:
        raise InvalidInput(f"there is no completion {completion_id}")
    completion = found[0]
    of = {name: completion[name] for name in ("integration", "person_id", "course_id")}
    attempts = _rows(session, "attempts", completion_id=completion_id)
    integration, of_integration = _integration(session, completion["integration"], completion["reported_at"])
    answers = _answers(session, completion, answers_of)
    return Why(
        about=f"completion {completion_id} {_counts(len(attempts))}",
        subject=completion,
        rule=[RULE, _became(session, completion, attempts)],
        inputs=[
            Listed("The completion, as it was reported", [completion], facts=True),
            Listed("What it counted for", attempts, "Nothing yet."),
            Listed(
                "What this person asked for of the integration's courses",
                _rows(session, "requests", **of),
                "No request is of a person with this number.",
            ),
            Listed(_INTEGRATION, integration, "It is not entered any more.", facts=True),
        ],
        answers=answers,
        runs=landed.runs(session, [row["run_id"] for row in [*attempts, *answers]]),
        decisions=newest_first(of_integration, _rows(session, "dismissed", **of)),
        client_code=completion["client_code"],
    )


def _rows(session: Session, name: str, **asked: Any) -> list[Row]:
    return db.rows(session, f"results/why_registrations.{name}", **asked)


def _counts(parts: int) -> str:
    if not parts:
        return "counts for nothing yet"
    return f"counts for {counted(parts, 'part')} of requests"


def _matched(asked: Row, completions: Sequence[Row]) -> str:
    """By which of its numbers the request was found to be the person's."""
    told = {row["person_id"] for row in completions}
    names = {"person_id": "person number", "external_id": "number elsewhere", "client_code": "client"}
    return ", ".join(f"{word} {asked[name]}" for name, word in names.items() if asked[name] in told)


def _became(session: Session, completion: Row, attempts: Sequence[Row]) -> str:
    if attempts:
        later = any(row["grade_registered"] is False for row in attempts)
        return reason("later_attempt") if later else "It counted for what stands below."
    code = refusal(session, completion["integration"], completion["completion_id"])
    return reason(code) if code else "The next run registers it."


def _shown(completion: Row) -> Row:
    hidden = ("integration", "system", "person_id", "course_id", "source_run_id", "source_recorded_at")
    return {name: value for name, value in completion.items() if name not in hidden}


def _integration(session: Session, name: str, at: Any) -> tuple[list[Row], list[Row]]:
    """The integration in the version of a moment, and who changed it."""
    changed = changes.of_row(session, "core.integrations", {"integration": name})
    found = [changes.as_it_was(row, changed, at) for row in _rows(session, "integration", integration=name)]
    return [one for one in found if one], changes.as_decisions(changed, f"integration {name}")


def _changed(session: Session, asked: Row) -> list[list[Row]]:
    """Who changed the request, what the administration holds of its part, and the part of the training."""
    keys: Mapping[str, tuple[str, ...]] = {
        "training_requests": ("request_code",),
        "training_request_parts": ("request_code", "part_code"),
        "training_parts": ("part_code",),
    }
    return [
        changes.as_decisions(
            changes.of_row(session, f"core.{table}", {name: asked[name] for name in key}),
            table.removesuffix("s").replace("_", " "),
        )
        for table, key in keys.items()
    ]


def _answers(session: Session, completion: Row, answers_of: AnswersOf) -> Sequence[Row]:
    """The message that a completion came in, or the landed answers that it was read of."""
    if completion["message_id"] is not None:
        return messages(session, [completion["message_id"]])
    if completion["source_run_id"] is not None:
        return landed.of_learner(
            session,
            completion["integration"],
            [completion["course_id"]],
            completion["person_id"],
            completion["source_run_id"],
            completion["source_recorded_at"],
        )
    return answers_of(session, completion["system"], completion["completion_id"])


def messages(session: Session, message_ids: Sequence[int]) -> list[Row]:
    """Messages as they were received; the hash is that of the body, while that is kept."""
    return [
        {**row, "sha256": _hash(session, row["key"]) if row["body_is_kept"] else None}
        for row in _rows(session, "messages", message_ids=list(message_ids))
    ]


def _hash(session: Session, message_id: str) -> str:
    return hashlib.sha256(inbox.body(session, int(message_id))).hexdigest()


def _each_once(answers: Sequence[Row]) -> list[Row]:
    return list({tuple(one.values()): one for one in answers}.values())
