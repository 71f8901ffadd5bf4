"""Why a night asked as much of a course as it did: one word for each run and course, and for people a sentence."""

from typing import Final, Literal

Decision = Literal[
    "quiet", "few", "many", "teacher", "hidden", "first", "sweep", "full", "asked_for", "unread", "changed"
]
DECISIONS: Final[dict[Decision, str]] = {
    "quiet": "nobody was there, or nothing came: one call",
    "few": "a few learners were there, or something came: what is theirs",
    "many": "many learners were there: the whole report",
    "teacher": "somebody was there who grades: the whole report",
    "hidden": "the site does not show who was there when: the whole report",
    "first": "it was never read whole: all of it",
    "sweep": "the weekly look: all of it",
    "full": "a run that asks for everything",
    "asked_for": "a person named the course",
    "unread": "something could not be read, or was not told, or is to be judged anew",
    "changed": "the course was changed: its pass grades",
}
