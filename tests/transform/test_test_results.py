"""Test results: one typed shape, one spelling of levels, final tests left out by name, pupils never guessed."""

import pandas as pd
import pytest

from etl.transform import test_levels
from etl.transform.test_results import Delivery, Derived, derive, names_excluded_test

MEASURE = [
    "result_key", "pupil_id", "eck_id", "taken_on", "test_code", "test_part", "value_type", "value", "scale",
    "comparison_group", "qualification",
]  # fmt: skip
TEST = ["test_code", "test_name", "test_version", "year_group", "subject", "category"]
NORM = ["test_code", "test_part", "term", "lower", "upper"]
EXCLUDED = pd.DataFrame({"pattern": ["0013", "eindtoets", "doorstroomtoets"]}, dtype="str")


def frame(columns: list[str], *rows: dict[str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(
        [{name: row.get(name) for name in columns} for row in rows], columns=columns, dtype="str"
    )


def measure(**given: str | None) -> dict[str, str | None]:
    return {
        "result_key": "R1", "pupil_id": "L1", "taken_on": "2026-01-12", "test_code": "T", "value_type": "score",
        "value": "12", **given,
    }  # fmt: skip


def derived(
    *measures: dict[str, str | None],
    tests: tuple[dict[str, str | None], ...] = ({"test_code": "T", "test_name": "Lezen"},),
    norms: tuple[dict[str, str | None], ...] = (),
    pupils: tuple[tuple[str, str, str], ...] = (("leerlingid", "L1", "P1"),),
    school_year: str = "2025-2026",
    is_test: bool = False,
) -> Derived:
    delivery = Delivery(
        "99QQ00/1", "99QQ00", school_year, frame(MEASURE, *measures), frame(TEST, *tests), frame(NORM, *norms),
        frame(["result_key", "reason"]), is_test,
    )  # fmt: skip
    known = pd.DataFrame(pupils, columns=["scheme", "value", "client_code"], dtype="str")
    return derive(delivery, known, EXCLUDED)


def level(*measures: dict[str, str | None], **given: object) -> object:
    [found] = derived(*measures, **given).results["level"].astype(object).where(lambda s: s.notna(), None)  # type: ignore[arg-type]
    return found


def reasons(result: Derived) -> list[str]:
    return result.rejected["reason_code"].tolist()


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


NORMS = (
    {"test_code": "T", "term": "onder 1F", "lower": "0", "upper": "11"},
    {"test_code": "T", "term": "1F", "lower": "12", "upper": "17"},
    {"test_code": "T", "term": "2F", "lower": "18"},
)


@pytest.mark.parametrize(
    ("score", "expected"),
    [("0", "BELOW_1F"), ("11", "BELOW_1F"), ("12", "1F"), ("17", "1F"), ("18", "2F"), ("999", "2F")],
)
def test_a_score_gets_its_level_from_the_norm_rows(score: str, expected: str) -> None:
    assert level(measure(value=score), norms=NORMS) == expected


def test_a_score_between_the_norm_rows_has_no_level() -> None:
    assert level(measure(value="11.5"), norms=NORMS) is None


def test_a_score_on_a_shared_bound_has_the_higher_level() -> None:
    shared = ({"test_code": "T", "term": "1F", "lower": "0", "upper": "10"},
              {"test_code": "T", "term": "2F", "lower": "10", "upper": "20"})  # fmt: skip
    assert level(measure(value="10"), norms=shared) == "2F"


def test_a_part_of_a_test_has_norm_rows_of_its_own() -> None:
    norms = (*NORMS, {"test_code": "T", "test_part": "SPELLING", "term": "2F", "lower": "12"})
    assert level(measure(test_part="SPELLING"), norms=norms) == "2F"
    assert level(measure(test_part="GRAMMATICA"), norms=norms) is None


def development(value: str) -> dict[str, str | None]:
    return measure(value_type="vaardigheidsscore", value=value, scale="IEP-ontwikkelscore")


@pytest.mark.parametrize(
    ("value", "language", "arithmetic"),
    [("59.9", "BELOW_1F", "BELOW_1F"), ("60", "1F", "1F"), ("79.9", "1F", "1F"), ("80", "2F", "1S")],
)
def test_a_development_score_of_60_is_1f_and_of_80_is_2f_or_for_arithmetic_1s(
    value: str, language: str, arithmetic: str
) -> None:
    assert level(development(value)) == language
    assert level(development(value), tests=({"test_code": "T", "subject": "Rekenen-wiskunde"},)) == arithmetic


def test_the_level_that_the_supplier_tells_goes_before_what_is_worked_out() -> None:
    told = measure(value_type="RNTRM", value="<1F", comparison_group="Landelijk")
    assert level(development("85"), told) == "BELOW_1F"


def test_a_level_that_its_subject_does_not_use_counts_with_a_warning() -> None:
    told = measure(value_type="RNTRM", value="2F")
    arithmetic = derived(told, tests=({"test_code": "T", "subject": "Rekenen"},)).results
    assert arithmetic[["level", "warnings"]].values.tolist() == [["2F", "level_unusual_for_subject"]]
    assert derived(told).results["warnings"].isna().all()


def test_a_school_year_runs_from_1_august_to_31_july_and_a_mismatch_is_a_warning() -> None:
    result = derived(
        measure(result_key="R1", taken_on="2025-07-31"),
        measure(result_key="R2", taken_on="2025-08-01"),
        measure(result_key="R3", taken_on="2026-07-31"),
    ).results.set_index("result_key")
    assert result["school_year"].to_dict() == {"R1": "2024-2025", "R2": "2025-2026", "R3": "2025-2026"}
    assert result.index[result["warnings"].notna()].tolist() == ["R1"]


def test_several_warnings_are_joined() -> None:
    told = measure(value_type="RNTRM", value="hoog", taken_on="2024-01-12")
    assert derived(told).results["warnings"].tolist() == ["school_year_mismatch,level_not_known"]


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
def test_final_tests_are_known_by_code_or_name(test: dict[str, str | None], excluded: bool) -> None:
    assert names_excluded_test(frame(TEST, test), EXCLUDED).tolist() == [excluded]


def test_a_final_test_is_left_out_whatever_its_score_and_listed() -> None:
    result = derived(measure(value="12"), tests=({"test_code": "T", "test_name": "Doorstroomtoets"},))
    assert result.results.empty
    assert reasons(result) == ["excluded_test"]


def test_a_pupil_is_found_by_eck_id_or_number_or_the_administration_s_own_key() -> None:
    pupils = (("eckid", "E1", "P1"), ("leerlingid", "L2", "P2"), ("client_code", "P3", "P3"))
    result = derived(
        measure(result_key="R1", pupil_id="other", eck_id="E1"),
        measure(result_key="R2", pupil_id="L2"),
        measure(result_key="R3", pupil_id="P3"),
        measure(result_key="R4", pupil_id="nobody"),
        pupils=pupils,
    )
    assert result.results.set_index("result_key")["pupil_key"].to_dict() == {
        "R1": "P1",
        "R2": "P2",
        "R3": "P3",
    }
    assert result.rejected[["record_key", "reason_code"]].values.tolist() == [
        ["99QQ00/R4", "unmatched_learner"]
    ]


def test_identifiers_that_point_at_two_clients_are_not_guessed() -> None:
    pupils = (("eckid", "E1", "P1"), ("leerlingid", "L1", "P2"))
    assert reasons(derived(measure(eck_id="E1"), pupils=pupils)) == ["ambiguous_learner"]


def test_the_number_that_the_administration_keeps_goes_before_a_key_that_looks_the_same() -> None:
    pupils = (("leerlingid", "L1", "P1"), ("client_code", "L1", "L1"))
    assert derived(measure(), pupils=pupils).results["pupil_key"].tolist() == ["P1"]


def test_a_result_without_a_value_is_listed() -> None:
    assert reasons(derived(measure(value_type=None, value=None))) == ["no_value"]


def test_the_dummy_pupil_of_a_test_message_is_left_out_without_being_listed() -> None:
    result = derived(measure(pupil_id="TEST"), is_test=True)
    assert (len(result.results), len(result.rejected), result.ignored) == (0, 0, 1)


def test_an_empty_delivery_gives_nothing() -> None:
    result = derived()
    assert (len(result.results), len(result.measures), len(result.rejected)) == (0, 0, 0)
