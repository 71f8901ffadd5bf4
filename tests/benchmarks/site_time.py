"""How long a real Moodle would have worked on the calls of a night, by what each was measured to cost there."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from etl.sandbox.frame import Call, SandboxReply
from etl.sandbox.moodle.generated import GeneratedMoodle
from etl.sandbox.moodle.generated_site import GeneratedSettings

# Milliseconds (docs/connectors/moodle.md, Cost); of what grows with the class, a learner's share.
_SMALL, _COMPLETION, _SINGLE = 15.0, 20.0, 45.0
_ACCESS, _PROFILE, _WHOLE = 0.48, 1.1, 13.0
_TEACHERS: Final = 1


class SiteTime:
    """The calls that a generated site got, and how long each would have taken."""

    def __init__(self, settings: GeneratedSettings) -> None:
        self.calls = 0
        self.milliseconds = 0.0
        self._learners = settings.students

    def add(self, form: Mapping[str, str]) -> None:
        """One more call."""
        self.calls += 1
        self.milliseconds += self._cost(form)

    def _cost(self, form: Mapping[str, str]) -> float:
        function = form.get("wsfunction", "")
        if function == "core_enrol_get_enrolled_users":
            each = _PROFILE if "email" in form.get("options[0][value]", "") else _ACCESS
            return max(_SMALL, each * (self._learners + _TEACHERS))
        if function == "gradereport_user_get_grade_items":
            return _SINGLE if form.get("userid", "0") != "0" else max(_SMALL, _WHOLE * self._learners)
        return _COMPLETION if function == "core_completion_get_course_completion_status" else _SMALL


def of_naive_night(settings: GeneratedSettings) -> SiteTime:
    """What asking for everything every night costs: the list of courses, and of each course who is in it, the whole
    report, each pass grade and each learner's completion.
    """
    site = SiteTime(settings)
    site.add({})
    for _ in range(settings.courses):
        site.add({"wsfunction": "core_enrol_get_enrolled_users", "options[0][value]": "email"})
        site.add({"wsfunction": "gradereport_user_get_grade_items"})
        for _ in range(settings.activities):
            site.add({"wsfunction": "core_course_get_course_module"})
        for _ in range(settings.students):
            site.add({"wsfunction": "core_completion_get_course_completion_status"})
    return site


@contextmanager
def timed(site: GeneratedMoodle) -> Iterator[SiteTime]:
    """While the block lasts, every call to the site is added."""
    spent, answer = SiteTime(site.site.settings), site.answer

    def answered(call: Call) -> SandboxReply:
        spent.add(call.form)
        return answer(call)

    site.answer = answered  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        site.answer = answer  # type: ignore[method-assign]
