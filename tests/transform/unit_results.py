"""Results of a learner with some grades, by the rules of docs/results.md, and how a test says them."""

from types import MappingProxyType

import pandas as pd

from etl.transform.unit_results import Rules, unit_results

RULES = Rules("Europe/Amsterdam", record_failed=True, allow_resit=False, use_enrolment_start=True)
DAY = 86_400
SEP_22 = 1_790_046_800  # 2026-09-22 in Amsterdam
PASS_50 = (50.0, 0.005)
REPORT, BEFORE, AFTER = (
    10,
    9,
    11,
)  # landings: of the grades, and of pass grades that were read before or after them


def frame(columns, rows, **types):
    return pd.DataFrame(rows, columns=columns.split()).astype(types)


def derive(
    grades,
    *,
    passes=None,
    modules=None,
    links=None,
    planned=None,
    recorded=(),
    rules=RULES,
    start="2026-09-14",
    withheld=MappingProxyType({}),
    lacking=(),
    outdated=MappingProxyType({}),
    proven=0,
    plan=None,
):
    """Results of learner 7 with the given grades: (activity, grade, graded_at[, verdict[, user]]).

    An activity that is named twice has two grade items; what is not named is not graded yet, except ``lacking``
    ((activity, user): the report does not show it). ``withheld``: why the grades of an activity are not told.
    ``outdated``: when (epoch s) the pass grades were read that were read before the report. ``plan``: units of the
    training plan, by default all.
    """
    rows = [(*row, 0, 7)[:5] if len(row) == 3 else (*row, 7)[:5] for row in grades]
    named = {(row[0], row[4]) for row in rows}
    everybody = {row[4] for row in rows} | {user for _, user in lacking}
    grid = {(activity, user) for activity in {row[0] for row in rows} for user in everybody}
    rows += [(activity, None, 0, 0, user) for activity, user in sorted(grid - named - set(lacking))]
    places = [(row[0], row[4]) for row in rows]
    numbers = [places[:position].count(place) for position, place in enumerate(places)]
    activities = sorted({row[0] for row in rows})
    modules = {a: "quiz" for a in activities} if modules is None else modules
    passes = {a: PASS_50 for a in activities} if passes is None else passes
    links = [("U1", a) for a in activities] if links is None else links
    users = sorted(everybody)
    found = unit_results(
        frame(
            "scope user_id activity_id item module grade grade_min grade_max graded_at verdict withheld landing_id",
            [
                ("2", u, a, number, modules.get(a, "quiz"), g, 0.0, 100.0, t, v, withheld.get(a, 0), REPORT)
                for (a, g, t, v, u), number in zip(rows, numbers, strict=True)
            ],
            **dict.fromkeys(["user_id", "activity_id", "item", "graded_at", "verdict", "withheld"], "int64"),
            **dict.fromkeys(["grade", "grade_min", "grade_max"], "float64"),
            landing_id="int64",
        ),
        frame("scope user_id", [("2", user) for user in users]),
        frame(
            "scope activity_id module",
            [("2", a, modules.get(a, "quiz")) for a in activities],
            activity_id="int64",
        ),
        frame(
            "scope activity_id module grade_pass tolerance landing_id read_at proven",
            [
                (
                    "2",
                    a,
                    modules.get(a, "quiz"),
                    p,
                    t,
                    BEFORE if a in outdated else AFTER,
                    outdated.get(a, 0),
                    proven,
                )
                for a, (p, t) in passes.items()
            ],
            activity_id="int64",
            **dict.fromkeys(["grade_pass", "tolerance", "landing_id", "read_at", "proven"], "float64"),
        ),
        frame("scope occurrence_code unit_code activity_id", [("2", "O", u, a) for u, a in links]),
        frame(
            "scope user_id client_code occurrence_code enrolment_code status start_date",
            [("2", u, f"C{u}", "O", f"E{u}", "active", start) for u in users],
            start_date="datetime64[s]",
        ),
        frame(
            "enrolment_code unit_code expected_start_date",
            [
                (f"E{u}", unit, (planned or {}).get(unit))
                for u in users
                for unit in dict.fromkeys(u for u, _ in links)
                if plan is None or unit in plan
            ],
            expected_start_date="datetime64[s]",
        ),
        frame(
            "enrolment_code unit_code status started_on",
            [("E7", *row) for row in recorded],
            enrolment_code="str",
            unit_code="str",
            status="str",
            started_on="datetime64[s]",
        ),
        rules,
    )
    graded = {
        (user, unit) for a, g, _, _, user in rows for unit, of in links if of == a and told(a, g, withheld)
    }
    unmapped = sum(told(a, g, withheld) and a not in {of for _, of in links} for a, g, *_ in rows)
    assert len(found.results) + found.standing + found.refused == len(graded) + unmapped + found.repeated
    return found


def told(activity, grade, withheld):
    return grade is not None or withheld.get(activity, 0) > 0


def summary(found):
    return [
        (
            row.status,
            str(row.started_on.date()),
            "" if pd.isna(row.finished_on) else str(row.finished_on.date()),
        )
        for row in found.results.sort_values("unit_code").itertuples()
    ]


def reasons(found):
    return sorted(found.rejected["reason_code"])
