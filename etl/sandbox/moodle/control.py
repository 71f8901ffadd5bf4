"""/control/moodle: what happens on the recorded site between two nights."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from etl.sandbox.moodle.site import MoodleSite
from etl.sandbox.moodle.withheld import Withheld
from etl.sandbox.moodle.writing.enrolments import may_enter


class Grade(BaseModel):
    """A grade as the site will report it."""

    userid: int
    cmid: int
    graderaw: float | None
    gradedategraded: int | None


class Access(BaseModel):
    """When somebody was last in a course."""

    courseid: int
    userid: int
    lastcourseaccess: int


@contextmanager
def _looking_up() -> Iterator[None]:
    """What is not there is a 404."""
    try:
        yield
    except LookupError as error:
        raise HTTPException(404, f"not found: {error}") from None


def routes(site: Callable[[], MoodleSite]) -> APIRouter:
    """Routes below /control/moodle; ``site`` gives the site as it is, for a reset replaces it."""
    router = APIRouter()

    @router.post("/grades")
    async def set_grade(grade: Grade) -> None:
        """Grade somebody."""
        with _looking_up():
            site().set_grade(grade.userid, grade.cmid, grade.graderaw, grade.gradedategraded)

    @router.post("/access")
    async def touch(access: Access) -> None:
        """Somebody, student or teacher, has been in a course."""
        with _looking_up():
            site().touch(access.courseid, access.userid, access.lastcourseaccess)

    @router.delete("/courses/{course}")
    async def remove_course(course: int) -> None:
        """Delete a course."""
        with _looking_up():
            site().remove_course(course)

    @router.delete("/activities/{cmid}")
    async def hide_activity(cmid: int) -> None:
        """Take the right to view an activity from the service's role."""
        with _looking_up():
            site().hide_activity(cmid)

    @router.put("/withheld/{what:path}")
    async def withhold(what: Withheld) -> None:
        """Keep something back from the service account, from now on."""
        site().withhold(what)

    @router.delete("/withheld/{what:path}")
    async def show(what: Withheld) -> None:
        """Keep it back no longer."""
        site().withhold(what, really=False)

    @router.delete("/functions/{function}")
    async def remove_function(function: str) -> None:
        """Take a function out of the service."""
        with _looking_up():
            site().remove_function(function)

    @router.get("/books")
    async def books() -> dict[str, Any]:
        """What was written: enrolments, mails, imports and what was made."""
        return site().books.shown()

    @router.put("/lacking/{function}")
    async def lack(function: str) -> None:
        """Take the right to use a writing function from the service's role."""
        site().books.lacking.add(function)

    @router.get("/entrance/{course}/{user}")
    async def entrance(course: int, user: int) -> bool:
        """Can somebody log in and open the course?"""
        return may_enter(site(), course, user)

    return router
