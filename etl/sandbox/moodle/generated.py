"""/generated: the generated Moodle site over HTTP, for the functions that the pipeline reads with."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from etl.sandbox import accounts
from etl.sandbox.frame import Call, SandboxReply
from etl.sandbox.moodle.generated_site import GeneratedSettings, GeneratedSite
from etl.sandbox.moodle.protocol import (
    PROTOCOL_FIELDS,
    SERVER,
    MoodleError,
    check_parameters,
    pairs,
    recording,
    to_json,
)


class Size(BaseModel):
    """Settings to change; what is absent stays."""

    seed: int | None = None
    courses: int | None = Field(default=None, ge=1)
    students: int | None = Field(default=None, ge=1)
    activities: int | None = Field(default=None, ge=1)
    night: int | None = Field(default=None, ge=0)
    changed: float | None = Field(default=None, ge=0, le=1)
    completion: bool | None = None


class GeneratedMoodle:
    """The generated site as a stand-in."""

    name = "generated"

    def __init__(self, settings: GeneratedSettings | None = None) -> None:
        self._first_settings = settings or GeneratedSettings()
        self.site = GeneratedSite(self._first_settings)
        info = recording().value("core_webservice_get_site_info__happy")
        served = [row for row in info["functions"] if row["name"] in self._functions]
        self._info = {**info, "sitename": "Generated Moodle", "functions": served}

    def configure(self, **changes: Any) -> GeneratedSite:
        """Another size, another night; returns the site as it is then."""
        self.site = GeneratedSite(replace(self.site.settings, **changes))
        return self.site

    def reset(self) -> None:
        """The size it had at first."""
        self.site = GeneratedSite(self._first_settings)

    def close(self) -> None:
        """Nothing is held open."""

    def operation(self, call: Call) -> str:
        """The web service function."""
        return call.form.get("wsfunction", "")

    def answer(self, call: Call) -> SandboxReply:
        """As the recorded site does, for the functions that the pipeline reads with."""
        if call.path != SERVER:
            return SandboxReply(b"<h1>Not Found</h1>", 404, "text/html; charset=utf-8")
        try:
            body = self._body(call.form)
        except MoodleError as error:
            body = error.body.encode()
        return SandboxReply(body.replace(b"{{WWWROOT}}", call.origin.replace("/", "\\/").encode()))

    def _body(self, form: Mapping[str, str]) -> bytes:
        if form.get("wstoken") != accounts.GENERATED_TOKEN:
            raise MoodleError("core_webservice_get_site_info__invalid_token")
        function = form.get("wsfunction", "")
        params = {name: value for name, value in form.items() if name not in PROTOCOL_FIELDS}
        check_parameters(function, params)
        if function not in self._functions:
            raise MoodleError(
                "core_user_get_users_by_field__function_not_in_service",
                {"core_user_get_users_by_field": function},
            )
        return self._functions[function](self, params)

    def _site_info(self, _: Mapping[str, str]) -> bytes:
        return to_json(self._info).encode()

    _functions: Mapping[str, Callable[["GeneratedMoodle", Mapping[str, str]], bytes]] = {
        "core_webservice_get_site_info": _site_info,
        "core_course_get_courses_by_field": lambda self, p: self.site.courses(
            p.get("field", ""), p.get("value", "")
        ),
        "core_enrol_get_enrolled_users": lambda self, p: self.site.enrolled_users(
            int(p["courseid"]), pairs(p, "options", "name")
        ),
        "core_course_get_course_module": lambda self, p: self.site.course_module(int(p["cmid"])),
        "gradereport_user_get_grade_items": lambda self, p: self.site.grade_items(
            int(p["courseid"]), int(p.get("userid", 0))
        ),
        "core_completion_get_course_completion_status": lambda self, p: self.site.completion(
            int(p["courseid"]), int(p["userid"])
        ),
    }

    def control(self) -> APIRouter:
        """Change its size, or go to a later night."""
        router = APIRouter()

        @router.post("/settings")
        async def change(size: Size) -> dict[str, Any]:
            """Change what is given; answers the settings that hold from now on."""
            return vars(self.configure(**size.model_dump(exclude_unset=True)).settings)

        return router
