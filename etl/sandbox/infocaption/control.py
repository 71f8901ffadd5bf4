"""/control/infocaption: the site and how it behaves, to change between two nights."""

from typing import Protocol

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel

from etl.sandbox.infocaption.site import Attempt, Guide, InfoCaptionSite


class ControlledInfoCaption(Protocol):
    """What the routes change."""

    site: InfoCaptionSite
    repeating: set[str]

    def expire_tokens(self) -> None:
        """Refuse every token that was given out so far."""


class Published(BaseModel):
    """Whether a course is published."""

    published: bool


def routes(infocaption: ControlledInfoCaption) -> APIRouter:
    """Routes below /control/infocaption."""
    router = APIRouter()

    def guide(course: str) -> Guide:
        found = infocaption.site.guide_list.get(course)
        if found is None:
            raise HTTPException(404, f"not found: {course}")
        return found

    @router.post("/courses/{course}/participants", status_code=201)
    async def add_attempt(course: str, attempt: Attempt) -> None:
        """Somebody tried a course."""
        infocaption.site.attempts[guide(course).id].append(attempt)

    @router.put("/courses/{course}")
    async def publish(course: str, state: Published) -> None:
        """Publish a course, or take it back."""
        guide(course).published = state.published

    @router.delete("/courses/{course}")
    async def remove_course(course: str) -> None:
        """Remove a course."""
        del infocaption.site.guide_list[guide(course).id]

    @router.post("/courses/{course}/repeat", status_code=204)
    async def repeat(course: str) -> None:
        """Show the first page of a course's participants again and again."""
        infocaption.repeating.add(guide(course).id)

    @router.post("/expire-tokens")
    async def expire_tokens() -> None:
        """Refuse every token that was given out so far."""
        infocaption.expire_tokens()

    return router
