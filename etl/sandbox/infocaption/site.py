"""What is on an InfoCaption site: guides, some of which are courses, and who tried them."""

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

_DATA: Final = Path(__file__).parent / "data"
_COURSE_KINDS: Final = (14, 18)
_CHANGED: Final = "2026-09-01T08:00:00Z"


@dataclass
class Guide:
    """A guide; a course that is ``removed`` still stands in the list for a while, its participants do not."""

    id: str
    name: str
    guide_type: int
    published: bool = True
    removed: bool = False


@dataclass(frozen=True)
class Attempt:
    """One attempt of one participant; what is empty was not recorded."""

    user_id: str
    email: str
    lesson_status: str = ""
    score: str = ""
    mastery_score: str = ""
    completed: str = ""


@dataclass
class InfoCaptionSite:
    """One site; whoever changes it changes what the next call sees."""

    guide_list: dict[str, Guide] = field(default_factory=dict)
    attempts: defaultdict[str, list[Attempt]] = field(default_factory=lambda: defaultdict(list))

    def guides(self) -> list[dict[str, Any]]:
        """Published guides of every kind."""
        return [
            {
                "id": int(guide.id),
                "name": guide.name,
                "summary": "",
                "fullURL": f"https://site.example/guide/{guide.id}",
                "guideType": guide.guide_type,
                "topics": [],
                "publicationDate": _CHANGED,
                "lastModifiedDate": _CHANGED,
            }
            for guide in self.guide_list.values()
            if guide.published
        ]

    def courses(self) -> list[dict[str, Any]]:
        """Courses, published or not."""
        return [
            {
                "id": int(guide.id),
                "name": guide.name,
                "guideId": int(guide.id) + 1000,
                "fullURL": f"https://site.example/course/{guide.id}",
                "published": guide.published,
                "lastModifiedDate": _CHANGED,
            }
            for guide in self.guide_list.values()
            if guide.guide_type in _COURSE_KINDS
        ]

    def participants(self, course: str, first: str | None, last: str | None) -> list[dict[str, Any]] | None:
        """The attempts of a course that were completed in these days; None when there is no such course."""
        guide = self.guide_list.get(course)
        if guide is None or guide.removed or guide.guide_type not in _COURSE_KINDS:
            return None
        return [
            _participant(course, attempt)
            for attempt in self.attempts[course]
            if (first or "") <= attempt.completed[:10] <= (last or "9999")
        ]


def sample() -> InfoCaptionSite:
    """The sample site."""
    site = InfoCaptionSite()
    for row in _rows("guides"):
        published, removed = row["published"] == "true", row["course_state"] == "removed"
        site.guide_list[row["id"]] = Guide(row["id"], row["name"], int(row["guide_type"]), published, removed)
    for row in _rows("attempts"):
        course = row.pop("course_id")
        site.attempts[course].append(Attempt(**row))
    return site


def generated(courses: int, participants: int) -> InfoCaptionSite:
    """A large site: every participant passed one course, on a day of one year."""
    site = InfoCaptionSite()
    for number in range(1, courses + 1):
        site.guide_list[str(number)] = Guide(str(number), f"Course {number}", _COURSE_KINDS[0])
    for number in range(participants):
        day = f"2025-{number % 12 + 1:02d}-{number % 28 + 1:02d}T10:00:00Z"
        email = f"employee{number}@company.example"
        attempt = Attempt(str(number + 1), email, "passed", "90", "80", day)
        site.attempts[str(number % courses + 1)].append(attempt)
    return site


def _participant(course: str, attempt: Attempt) -> dict[str, Any]:
    return {
        "userId": int(attempt.user_id),
        "userName": f"user{attempt.user_id}",
        "firstName": "Test",
        "lastName": f"Person {attempt.user_id}",
        "email": attempt.email,
        "courseId": int(course),
        "lessonStatus": attempt.lesson_status or None,
        "score": _as_number(attempt.score),
        "masteryScore": _as_number(attempt.mastery_score),
        "started": None,
        "completed": attempt.completed or None,
    }


def _as_number(text: str) -> float | str | None:
    try:
        return float(text) if text else None
    except ValueError:
        return text  # with a decimal comma, as a site in Swedish may send it


def _rows(name: str) -> list[dict[str, str]]:
    with (_DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
