"""What runs can be asked for, as the forms of the flows show it."""

from airflow.sdk import Param


def course_params(courses: str) -> dict[str, Param]:
    """What a night of courses can be asked for; ``courses`` says which ids are meant."""
    chosen = Param(
        [],
        type=["null", "array"],
        title="Courses",
        description=f"{courses}, one a line. Empty: all courses.",
    )
    return {"courses": chosen, **night_params()}


def night_params() -> dict[str, Param]:
    """What a night can be asked for."""
    return {
        "from": Param(
            None,
            type=["null", "string"],
            format="date",
            title="First night",
            description="Derives past nights again, each from what was landed until the end of that day (UTC)."
            " Empty, and no last night: tonight, asking the sources. Leave Airflow's own logical date as it is.",
        ),
        "to": Param(
            None,
            type=["null", "string"],
            format="date",
            title="Last night",
            description="Of the same range, this day included; alone it means that one night. Empty: until tonight,"
            " for which the sources are asked too.",
        ),
        **read_params(),
    }


def read_params() -> dict[str, Param]:
    """What a run can be asked for that reads what there is now, and no past nights."""
    return {
        "full": Param(
            False,
            type="boolean",
            title="Ask and derive everything",
            description="Also what did not change since the last run, as the weekly sweep does.",
        ),
        **_dry_run(
            "write no result",
            "Asks and counts; the log of the task report says what would be written. Nothing is sent.",
        ),
    }


def push_params(told: str) -> dict[str, Param]:
    """What a push can be asked for; ``told`` says where a dry run tells what would be sent."""
    return _dry_run("send nothing", told)


def _dry_run(what: str, told: str) -> dict[str, Param]:
    return {"dry_run": Param(False, type="boolean", title=f"Dry run: {what}", description=told)}
