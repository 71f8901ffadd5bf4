"""Why a pupil's test result stands as it does: every version, and the message that each came in."""

from typing import Final

from sqlalchemy import Connection as Session

from etl import db
from etl.errors import InvalidInput
from etl.results.why import changes, landed
from etl.results.why.registrations import messages
from etl.results.why.shape import Listed, Why, newest_first

_RULE: Final = (
    "What the supplier said last of a result stands, in the order in which it made its messages, whichever came in"
    " first. What was said before is kept as a version; a message that says the same again is none."
)


def why_test_result(session: Session, brin6: str, result_key: str) -> Why:
    """What led to a result, by its school and its key at the supplier. Raises InvalidInput where there is none."""
    versions = db.rows(session, "iep_lvs/why.versions", brin6=brin6, result_key=result_key)
    if not versions:
        raise InvalidInput(f"school {brin6} has no result {result_key}")
    last = versions[0]
    link = changes.of_row(session, "core.school_links", {"brin6": brin6})
    return Why(
        about=f"test result {result_key} of school {brin6}",
        subject=last,
        rule=[_RULE, f"Version {last['version']} stands."],
        inputs=[Listed("Versions, newest first", versions)],
        answers=messages(session, sorted({row["message_id"] for row in versions})),
        runs=landed.runs(session, [row["run_id"] for row in versions]),
        decisions=newest_first(changes.as_decisions(link, f"link of school {brin6}")),
        client_code=last["client_code"],
    )
