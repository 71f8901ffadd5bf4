"""Test results: one typed shape, one spelling of levels, final tests left out by name, pupils never guessed."""

import pandas as pd
import pytest

from etl.connectors.iep_lvs import test_levels
from etl.connectors.iep_lvs.test_results import (
    MEASURES,
    RESULTS,
    TESTS,
    UNREADABLE,
    Deliveries,
    Derived,
    derive,
    names_excluded_test,
)
from etl.connectors.iep_lvs.test_results import (
    NORMS as NORM_COLUMNS,
)

EXCLUDED = pd.DataFrame({"pattern": ["0013", "eindtoets", "doorstroomtoets"]}, dtype="str")
Row = dict[str, str | None]


def frame(columns: list[str], *rows: Row) -> pd.DataFrame:
    made = pd.DataFrame(
        [{name: row.get(name) for name in columns} for row in rows], columns=columns, dtype="str"
    )
    return made.astype({"number": "int64"}) if "number" in columns else made


def value(text: str | None, value_type: str = "score", **given: str | None) -> Row:
    """One value of result 0, unless ``number`` says otherwise."""
    return {"number": "0", "value_type": value_type, "value": text, **given}


def result(number: int = 0, **given: str | None) -> Row:
    return {
        "scope": "99QQ00/1", "number": str(number), "result_key": f"R{number}", "pupil_id": "L1",
        "taken_on": "2026-01-12", "test_code": "T", **given,
    }  # fmt: skip


def derived(
    *measures: Row,
    results: tuple[Row, ...] = (result(),),
    tests: tuple[Row, ...] = ({"test_code": "T", "test_name": "Lezen"},),
    norms: tuple[Row, ...] = (),
    pupils: tuple[tuple[str, str, str], ...] = (("leerlingid:99QQ00", "L1", "P1"),),
    is_test: bool = False,
) -> Derived:
    message = {"scope": "99QQ00/1", "brin6": "99QQ00", "school_year": "2025-2026"}
    deliveries = Deliveries(
        messages=pd.DataFrame([message], dtype="str").assign(is_test=is_test),
        results=frame(RESULTS, *results),
        measures=frame(MEASURES, *measures),
        tests=frame(TESTS, *({"scope": "99QQ00/1", **test} for test in tests)),
        norms=frame(NORM_COLUMNS, *({"scope": "99QQ00/1", **norm} for norm in norms)),
        unreadable=frame(UNREADABLE),
    )
    known = pd.DataFrame(pupils, columns=["scheme", "value", "client_code"], dtype="str")
    return derive(deliveries, known, EXCLUDED)


def level(*measures: Row, **given: object) -> object:
    [found] = derived(*measures, **given).results["level"].to_list()  # type: ignore[arg-type]
    return found if isinstance(found, str) else None


def reasons(found: Derived) -> list[str]:
    return found.rejected["reason_code"].tolist()


@pytest.mark.parametrize(
    "text", ["<1F", "-1F", "\u20131F", "\u22121F", "< 1F", "<1f", "onder 1F", "Onder 1F", "Lager dan 1F"]
)
def test_everything_under_1f_is_one_level(text: str) -> None:
    assert test_levels.canonical(pd.Series([text])).tolist() == ["BELOW_1F"]


@pytest.mark.parametrize(
    ("text", "expected"), [("1f", "1F"), (" 1S ", "1S"), ("2F", "2F"), ("voldoende", "voldoende")]
)
def test_other_levels_have_one_spelling_and_other_texts_stay(text: str, expected: str) -> None:
    assert test_levels.canonical(pd.Series([text])).tolist() == [expected]


NORMS: tuple[Row, ...] = (
    {"test_code": "T", "term": "onder 1F", "lower": "0", "upper": "11"},
    {"test_code": "T", "term": "1F", "lower": "12", "upper": "17"},
    {"test_code": "T", "term": "2F", "lower": "18"},
)
ARITHMETIC: tuple[Row, ...] = ({"test_code": "T", "subject": "Rekenen-wiskunde"},)


@pytest.mark.parametrize(
    ("score", "expected"),
    [("0", "BELOW_1F"), ("11", "BELOW_1F"), ("12", "1F"), ("17", "1F"), ("18", "2F"), ("999", "2F")],
)
def test_a_score_gets_its_level_from_the_norm_rows(score: str, expected: str) -> None:
    assert level(value(score), norms=NORMS) == expected


def test_a_score_between_the_norm_rows_has_no_level() -> None:
    assert level(value("11.5"), norms=NORMS) is None


def test_a_score_on_a_shared_bound_has_the_higher_level() -> None:
    shared: tuple[Row, ...] = (
        {"test_code": "T", "term": "1F", "lower": "0", "upper": "10"},
        {"test_code": "T", "term": "2F", "lower": "10", "upper": "20"},
    )
    assert level(value("10"), norms=shared) == "2F"


def test_a_part_of_a_test_has_norm_rows_of_its_own() -> None:
    norms = (*NORMS, {"test_code": "T", "test_part": "SPELLING", "term": "2F", "lower": "12"})
    assert level(value("12"), results=(result(test_part="SPELLING"),), norms=norms) == "2F"
    assert level(value("12"), results=(result(test_part="GRAMMATICA"),), norms=norms) is None


def test_norm_rows_of_one_message_say_nothing_about_another() -> None:
    norms = tuple({**norm, "scope": "99QQ00/2"} for norm in NORMS)
    assert level(value("12"), norms=norms) is None


def development(text: str) -> Row:
    return value(text, "vaardigheidsscore", scale="IEP-ontwikkelscore")


@pytest.mark.parametrize(
    ("score", "language", "arithmetic"),
    [("59.9", "BELOW_1F", "BELOW_1F"), ("60", "1F", "1F"), ("79.9", "1F", "1F"), ("80", "2F", "1S")],
)
def test_a_development_score_of_60_is_1f_and_of_80_is_2f_or_for_arithmetic_1s(
    score: str, language: str, arithmetic: str
) -> None:
    assert level(development(score)) == language
    assert level(development(score), tests=ARITHMETIC) == arithmetic


def test_the_level_that_the_supplier_tells_goes_before_what_is_worked_out() -> None:
    assert level(development("85"), value("<1F", "RNTRM", comparison_group="Landelijk")) == "BELOW_1F"


def test_a_level_that_its_subject_does_not_use_counts_with_a_warning() -> None:
    found = derived(value("2F", "RNTRM"), tests=ARITHMETIC).results
    assert found[["level", "warnings"]].values.tolist() == [["2F", "level_unusual_for_subject"]]
    assert derived(value("2F", "RNTRM")).results["warnings"].isna().all()


def test_a_school_year_runs_from_1_august_to_31_july_and_a_mismatch_is_a_warning() -> None:
    days = ("2025-07-31", "2025-08-01", "2026-07-31")
    found = derived(
        *(value("1", number=str(number)) for number in range(3)),
        results=tuple(result(number, taken_on=day) for number, day in enumerate(days)),
    ).results
    assert found["school_year"].tolist() == ["2024-2025", "2025-2026", "2025-2026"]
    assert found["warnings"].fillna("").tolist() == ["school_year_mismatch", "", ""]


def test_several_warnings_are_joined() -> None:
    found = derived(value("hoog", "RNTRM"), results=(result(taken_on="2024-01-12"),)).results
    assert found["warnings"].tolist() == ["school_year_mismatch,level_not_known"]


@pytest.mark.parametrize(
    ("test", "excluded"),
    [
        ({"test_code": "0013"}, True),
        ({"test_code": "T", "category": "0013"}, True),
        ({"test_code": "IEP-EINDTOETS-2019"}, True),
        ({"test_code": "X", "test_name": "IEP Doorstroomtoets 2026"}, True),
        ({"test_code": "100131"}, False),
        ({"test_code": "IEP-LEZ-8", "test_name": "Lezen groep 8"}, False),
    ],
)
def test_final_tests_are_known_by_code_or_name(test: Row, excluded: bool) -> None:
    assert names_excluded_test(frame(TESTS, test), EXCLUDED).tolist() == [excluded]


def test_a_final_test_is_left_out_whatever_its_score_and_listed() -> None:
    found = derived(value("12"), tests=({"test_code": "T", "test_name": "Doorstroomtoets"},))
    assert found.results.empty
    assert reasons(found) == ["excluded_test"]


def test_a_pupil_is_found_by_eck_id_or_by_the_number_at_the_school() -> None:
    found = derived(
        *(value("1", number=str(number)) for number in range(3)),
        results=(
            result(0, pupil_id="other", eck_id="E1"),
            result(1, pupil_id="L2"),
            result(2, pupil_id="nobody"),
        ),
        pupils=(("eckid", "E1", "P1"), ("leerlingid:99QQ00", "L2", "P2")),
    )
    assert found.results["pupil_key"].tolist() == ["P1", "P2"]
    assert found.rejected.drop(columns=["scope", "resource"]).values.tolist() == [
        [
            "99QQ00/R2",
            "unmatched_learner",
            "No client of the administration matches this learner. Enter in client_numbers.csv the ECK iD as "
            "scheme eckid, or the number as scheme leerlingid:99QQ00.",
        ]
    ]


@pytest.mark.parametrize(
    ("pupils", "code"),
    [
        ((("leerlingid:11AA00", "L1", "P1"),), "unmatched_learner"),  # a number counts in its school only
        ((("leerlingid", "L1", "P1"),), "pupil_school_unknown"),
        ((("leerlingid:99QQ00", "L1", "P1"), ("leerlingid:99QQ00", "L1", "P2")), "ambiguous_learner"),
        ((("eckid", "E1", "P1"), ("eckid", "E1", "P2")), "ambiguous_learner"),
        (
            (("eckid", "E1", "P1"), ("eckid", "E1", "P2"), ("leerlingid:99QQ00", "L1", "P1")),
            "ambiguous_learner",
        ),
        ((("leerlingid:99QQ00", "L1", "P1"), ("eckid", "E9", "P1")), "eck_id_differs"),
    ],
)
def test_nobody_is_guessed(pupils: tuple[tuple[str, str, str], ...], code: str) -> None:
    assert reasons(derived(value("1"), results=(result(eck_id="E1"),), pupils=pupils)) == [code]


@pytest.mark.parametrize(
    "pupils",
    [
        (("eckid", "E1", "P1"), ("leerlingid:99QQ00", "L1", "P2")),
        (("eckid", "E1", "P1"), ("leerlingid:99QQ00", "L1", "P2"), ("leerlingid:99QQ00", "L1", "P3")),
    ],
)
def test_an_eck_id_decides_before_a_number(pupils: tuple[tuple[str, str, str], ...]) -> None:
    found = derived(value("1"), results=(result(eck_id="E1"),), pupils=pupils)
    assert found.results[["pupil_key", "warnings"]].values.tolist() == [["P1", "pupil_number_of_another"]]


def test_a_number_at_the_school_counts_where_the_eck_id_is_not_registered() -> None:
    assert derived(value("1"), results=(result(eck_id="E1"),)).results["pupil_key"].tolist() == ["P1"]


def test_a_result_without_a_value_is_listed() -> None:
    assert reasons(derived()) == ["no_value"]
    assert reasons(derived(value(None))) == ["no_value"]


def test_the_dummy_pupil_of_a_test_message_is_left_out_without_being_listed() -> None:
    found = derived(value("0"), results=(result(pupil_id="TEST"),), is_test=True)
    assert (len(found.results), len(found.rejected)) == (0, 0)


def test_an_empty_delivery_gives_nothing() -> None:
    found = derived(results=())
    assert (len(found.results), len(found.measures), len(found.rejected)) == (0, 0, 0)
