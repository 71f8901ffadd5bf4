"""Plays CertWell: a candidate who passed has the result 1, who failed 0."""

from etl.sandbox.elearning.sender import result


def exam(person_id: str, course_id: str, completed: str, *, passed: bool) -> bytes:
    """The message of an exam; it goes out as any generic message does."""
    return result(person_id, course_id, completed, Resultaat="1" if passed else "0")
