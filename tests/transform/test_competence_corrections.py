"""What was decided while a course could not be read is corrected; what is new changes nothing that is held."""

from dataclasses import dataclass, field

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.transform.competences import new_competences
from tests.fixtures.properties import examples
from tests.transform.test_competences import held, moments, passes, periods, readings, revoked

ME = ("C1", "K")
LATE, EARLY = ("2025-10-15", "2027-10-15"), ("2024-10-03", "2026-10-03")


def day(date, hour=9):
    return f"{date}T{hour:02d}:00:00Z"


def passed(course, date, recorded, linked="2020-01-01"):
    return {
        "competence_code": "K",
        "validity_days": 730,
        "source_course_id": course,
        "timezone": "UTC",
        "passed_at": day(date),
        "recorded_at": day(recorded),
        "linked_at": day(linked),
    }


def earned(*given_periods, decided="2026-01-01"):
    """Periods that a night of ``decided`` gave."""
    rows = held(*((*ME, *period) for period in given_periods))
    return moments(rows.assign(recorded_at=day(decided, 10)), "recorded_at")


def read(*rows):
    return readings(*(("ic", course, day(date)) for course, date in rows))


def after(given_passes, known, course_readings, *revocations):
    """(periods given, first days of the periods that fall)."""
    done = new_competences(passes(*given_passes), known, revoked(*revocations), course_readings)
    return [row[2:] for row in periods(done)], [f"{one:%Y-%m-%d}" for one in done.corrected["valid_from"]]


BOTH = [passed("101", "2025-10-15", "2026-01-01"), passed("106", "2024-10-03", "2026-01-02")]


def test_a_pass_of_a_course_that_could_not_be_read_corrects_what_was_given_without_it():
    assert after(BOTH, earned(LATE), read(("101", "2026-01-01"), ("106", "2026-01-02"))) == (
        [EARLY],
        [LATE[0]],
    )


def test_a_course_that_could_not_be_read_that_night_corrects_although_it_had_been_read_long_before():
    known = read(("101", "2026-01-01"), ("106", "2024-01-01"), ("106", "2026-01-02"))
    assert after(BOTH, earned(LATE), known) == ([EARLY], [LATE[0]])


def test_a_pass_entered_after_its_course_had_been_read_changes_nothing_that_is_held():
    known = read(("101", "2026-01-01"), ("106", "2026-01-01"), ("106", "2026-01-02"))
    assert after(BOTH, earned(LATE), known) == ([], [])


def test_a_course_linked_later_changes_nothing_that_is_held():
    later = [BOTH[0], passed("106", "2024-10-03", "2026-01-02", linked="2026-01-02")]
    assert after(later, earned(LATE), read(("106", "2026-01-02"))) == ([], [])


def test_what_the_administration_has_stands():
    assert after(BOTH, held((*ME, *LATE)), read(("106", "2026-01-02"))) == ([], [])


def test_the_administration_s_own_period_stands_beside_one_that_falls():
    known = pd.concat([earned(LATE), held((*ME, "2026-06-01", "2028-06-01"))], ignore_index=True)
    assert after(BOTH, known, read()) == ([], [])  # the pass would overlap what stands
    known = pd.concat([earned(LATE), held((*ME, "2027-06-01", "2028-06-01"))], ignore_index=True)
    assert after(BOTH, known, read()) == ([EARLY], [LATE[0]])


@pytest.mark.parametrize("revocation", [("K", "C1"), ("K", None)])
def test_what_is_revoked_is_not_corrected(revocation):
    assert after(BOTH, earned(LATE), read(), revocation) == ([], [])


def test_a_later_pass_that_had_lain_in_the_wrong_period_counts_in_the_right_one():
    again = passed("101", "2026-12-01", "2027-01-01")
    known = earned(LATE, decided="2027-01-02")
    found = after([BOTH[0], again, passed("106", "2024-10-03", "2027-02-01")], known, read())
    assert found == ([EARLY, ("2026-12-01", "2028-11-30")], [LATE[0]])


def test_the_periods_after_a_wrong_one_are_decided_anew_too():
    given_passes = [
        BOTH[0],
        passed("101", "2026-12-01", "2028-01-01"),
        passed("101", "2027-11-01", "2028-01-01"),
        passed("106", "2024-10-03", "2028-02-01"),
    ]
    known = earned(LATE, ("2027-11-01", "2029-10-31"), decided="2028-01-02")
    given_periods, fallen = after(given_passes, known, read())
    assert given_periods == [EARLY, ("2026-12-01", "2028-11-30")]
    assert fallen == [LATE[0], "2027-11-01"]


def test_a_period_whose_link_is_gone_stands_unless_an_earlier_pass_overlaps_it():
    assert after([BOTH[1]], earned(("2027-01-01", "2028-12-31")), read()) == ([EARLY], [])
    assert after([BOTH[1]], earned(LATE), read()) == ([EARLY], [LATE[0]])


def test_a_corrected_period_is_not_corrected_again():
    known = earned(EARLY, decided="2026-01-02")
    assert after(BOTH, known, read(("106", "2026-01-02"))) == ([], [])


COURSES = ("101", "102", "103")
NIGHTS = 4
worlds = st.lists(st.tuples(st.sampled_from(COURSES), st.integers(1, NIGHTS * 10)), min_size=1, max_size=8)
nights = st.lists(st.frozensets(st.sampled_from(COURSES)), min_size=NIGHTS, max_size=NIGHTS)


@dataclass
class Warehouse:
    """Nights over a world of passes (course, day of passing): a night reads some courses, then awards."""

    world: list[tuple[str, int]]
    days: int
    waits: bool  # whether nothing is awarded before all courses were read once
    recorded: dict[tuple[str, int], int] = field(default_factory=dict)
    readings: list[tuple[str, str]] = field(default_factory=list)
    held: pd.DataFrame = field(default_factory=held)

    def night(self, number, readable):
        today = number * 10
        for one in self.world:
            if one[0] in readable and one[1] <= today:
                self.recorded.setdefault(one, today)
        self.readings += [(course, date(today)) for course in sorted(readable)]
        if self.waits and {course for course, _ in self.readings} != set(COURSES):
            return
        known = [passed(course, date(at), date(on)) for (course, at), on in self.recorded.items()]
        given_passes = passes(*({**one, "validity_days": self.days} for one in known))
        done = new_competences(given_passes, self.held, revoked(), read(*self.readings))
        standing = self.held[~self.held["valid_from"].isin(done.corrected["valid_from"])]
        added = moments(done.periods.assign(recorded_at=day(date(today), 10)), "recorded_at")
        self.held = pd.concat([frame for frame in (standing, added) if not frame.empty] or [standing])

    @property
    def periods(self):
        return sorted(map(str, self.held[["valid_from", "valid_to"]].to_numpy().tolist()))


def date(number):
    return f"{pd.Timestamp('2026-01-01') + pd.Timedelta(number, 'D'):%Y-%m-%d}"


def lived(world, days, readable, waits):
    warehouse = Warehouse(world, days, waits)
    for number, courses in enumerate([*readable, frozenset(COURSES)], start=1):
        warehouse.night(number, courses)
    return warehouse.periods


@examples(25)
@given(worlds, nights, st.sampled_from([8, 25, None]), st.booleans())
def test_which_courses_can_be_read_in_which_night_makes_no_difference_in_the_end(
    world, readable, days, waits
):
    undisturbed = [frozenset(COURSES)] * NIGHTS
    assert lived(world, days, readable, waits) == lived(world, days, undisturbed, waits)
