"""The units a message consists of: the results of one pupil (``toetsafname``), one test (``toets``)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

from lxml import etree

from etl.connectors.iep_lvs.faults import Code, UwlrFault
from etl.connectors.iep_lvs.message import Measure, Norm, Result, Test, Unreadable, about
from etl.connectors.iep_lvs.schema import DOSSIER, OWN_TYPE, RESULTS, problem_with, put_types_aside
from etl.engine.hardened import texts

_LR: Final = f"{{{RESULTS}}}"
_RESULT, _OTHER, _OSO = f"{_LR}resultaat", f"{_LR}anderresultaat", f"{_LR}osoresultaat"
_REFERENCE: Final = f"{{{DOSSIER}}}referentiescore"
_INTERVAL: Final = f"{{{DOSSIER}}}betrouwbaarheidsinterval"
# What a toetsscore measures; the scale says how to read the last three.
_MEASURED: Final = ("aantalopgaven", "aantalgoed", "aantalfout", "aantalgelezen", "tijd")
_ON_SCALE: Final = ("vaardigheidsscore", "bivlaag", "bivhoog")


@dataclass
class Pupil:
    """The results of one pupil, and those that lenient reading could not read."""

    results: list[Result] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    untyped: int = 0  # results of a supplier's own kind that do not say which kind


def read_pupil(element: etree._Element, first: int, *, lenient: bool, again: bool = False) -> Pupil:
    """The results of one pupil, numbered from ``first``.

    Strict: raises UwlrFault at the first problem; lenient: lists what cannot be read. ``again``: what was taken
    strictly kept the contract when it came in, and is not held against it once more.
    """
    if again and not lenient:
        problem = None
        put_types_aside(element)
    else:
        problem = problem_with(element)
    if problem is not None and not lenient:
        raise problem
    pupil, whose = Pupil(), texts(element)
    for number, result in enumerate(element.iter(_RESULT), first):
        try:
            _read_result(pupil, whose, result, number, checked=problem is None)
        except UwlrFault as wrong:
            if not lenient:
                raise
            key = result.get("key") or f"#{number + 1}"
            pupil.unreadable.append(Unreadable(key, wrong.text, _about(whose, result)))
    return pupil


def _about(whose: Mapping[str, str], result: etree._Element) -> str:
    said = texts(result)
    names = ("toetscode", "toetsonderdeelcode", "afnamedatum")
    return about(whose.get("leerlingid"), whose.get("eckid"), *(said.get(name) for name in names))


def _read_result(
    pupil: Pupil, whose: Mapping[str, str], result: etree._Element, number: int, *, checked: bool
) -> None:
    problem = None if checked else problem_with(result)
    if problem is not None:
        raise problem
    said = texts(result)
    pupil_id, eck_id = whose.get("leerlingid"), whose.get("eckid")
    if not (pupil_id or eck_id):
        raise UwlrFault(Code.PUPIL, "element leerlingid: missing")
    key, part = result.get("key") or "", said.get("toetsonderdeelcode")
    pupil.results.append(
        Result(number, key, pupil_id, eck_id, _day(said["afnamedatum"]), said["toetscode"], part)
    )
    if "score" in said:
        pupil.measures.append(Measure(number, "score", said["score"].lstrip("+-0") or "0"))
    else:
        for form in result:
            if form.tag == _OTHER:
                pupil.measures.append(_other(form, number))
                pupil.untyped += not form.get(OWN_TYPE)
            elif form.tag == _OSO:
                pupil.measures += _measures(form, number)


def _other(form: etree._Element, number: int) -> Measure:
    kind = (form.get(OWN_TYPE) or "").rpartition(":")[2]
    return Measure(number, "andere_score", texts(form).get("andere_score"), kind or None)


def _measures(form: etree._Element, number: int) -> Iterator[Measure]:
    for part in form:
        said = texts(part)
        if part.tag == _REFERENCE:
            code, group = said.get("codereferentiescore"), said.get("codevergelijkingsgroep")
            yield Measure(number, code, said.get("waarde"), None, group, said.get("kwalificatie"))
        else:
            yield from _measured(part, said, number)


def _measured(score: etree._Element, said: dict[str, str], number: int) -> list[Measure]:
    scale = said.get("codevaardigheidsschaal")
    for interval in score.iterchildren(_INTERVAL):
        said |= texts(interval)
    measures = [Measure(number, name, said[name]) for name in _MEASURED if name in said]
    return measures + [Measure(number, name, said[name], scale) for name in _ON_SCALE if name in said]


def read_test(element: etree._Element) -> tuple[Test, list[Norm]]:
    """One test with its norm rows. Raises UwlrFault naming the element that is wrong."""
    problem = problem_with(element)
    if problem is not None:
        raise problem
    said = texts(element)
    norming = element.find(f"{_LR}toetsnormering")
    norms = list(_norms(norming, said["toetscode"], None))
    for part in element.iterfind(f"{_LR}toetsonderdelen/{_LR}toetsonderdeel"):
        code = texts(part).get("toetsonderdeelcode")
        norms += _norms(part.find(f"{_LR}toetsonderdeelnormering"), said["toetscode"], code)
    test = Test(
        test_code=said["toetscode"],
        test_name=said.get("toetsnaam"),
        test_version=said.get("versie"),
        year_group=said.get("leerjaar"),
        subject=said.get("vakgebied"),
        category=None if norming is None else texts(norming).get("toetscategorie"),
    )
    return test, norms


def _norms(norming: etree._Element | None, test_code: str, test_part: str | None) -> Iterator[Norm]:
    for row in [] if norming is None else norming.iterfind(f"{_LR}norm"):
        said = texts(row)
        lower, upper = said.get("beginnormwaarde"), said.get("eindnormwaarde")
        if lower is not None and upper is not None and Decimal(lower) > Decimal(upper):
            raise UwlrFault(Code.NORM, "element norm: beginnormwaarde is greater than eindnormwaarde")
        term = said.get("term") or said.get("omschrijving")
        if term:
            yield Norm(test_code, test_part, term, lower, upper)


@lru_cache(maxsize=1024)  # a message is about few days
def _day(text: str) -> str:
    try:
        return date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        raise UwlrFault(Code.MESSAGE, "element afnamedatum: not a day of the calendar") from None
