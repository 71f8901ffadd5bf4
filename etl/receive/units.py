"""The units a message consists of: the results of one pupil (``toetsafname``), one test (``toets``)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from lxml import etree

from etl.receive.contract import DOSSIER, OWN_TYPE, RESULTS, problem_with
from etl.receive.faults import Code, Fault
from etl.receive.hardened import local_name
from etl.receive.message import Measure, Norm, Result, Test, Unreadable

_LR: Final = f"{{{RESULTS}}}"
_OSO: Final = f"{{{DOSSIER}}}"
# What a toetsscore measures; the scale says how to read the last three.
_MEASURED: Final = ("aantalopgaven", "aantalgoed", "aantalfout", "aantalgelezen", "tijd")
_ON_SCALE: Final = ("vaardigheidsscore", "bivlaag", "bivhoog")


@dataclass
class Pupil:
    """The results of one pupil, and those that lenient reading could not read."""

    results: list[Result] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)


def read_pupil(element: etree._Element, first: int, *, lenient: bool) -> Pupil:
    """The results of one pupil, numbered from ``first``.

    Strict: raises Fault at the first problem; lenient: lists what cannot be read.
    """
    problem = problem_with(element)
    if problem is not None and not lenient:
        raise problem
    pupil = Pupil()
    for number, result in enumerate(element.iter(f"{_LR}resultaat"), first):
        try:
            _read_result(pupil, element, result, number, checked=problem is None)
        except Fault as wrong:
            if not lenient:
                raise
            pupil.unreadable.append(Unreadable(result.get("key") or f"#{number + 1}", wrong.text))
    return pupil


def _read_result(
    pupil: Pupil, element: etree._Element, result: etree._Element, number: int, *, checked: bool
) -> None:
    problem = None if checked else problem_with(result)
    if problem is not None:
        raise problem
    pupil_id, eck_id = _text(element, "leerlingid"), _text(element, "eckid")
    if not (pupil_id or eck_id):
        raise Fault(Code.PUPIL, "element leerlingid: missing")
    pupil.results.append(
        Result(
            number, result.get("key") or "", pupil_id, eck_id, _day(result),
            _text(result, "toetscode") or "", _text(result, "toetsonderdeelcode"),
        )
    )  # fmt: skip
    pupil.measures += _measures(result, number)


def _measures(result: etree._Element, number: int) -> Iterator[Measure]:
    if (score := _text(result, "score")) is not None:
        yield Measure(number, "score", str(int(score)))
    if (other := result.find(f"{_LR}anderresultaat")) is not None:
        kind = (other.get(OWN_TYPE) or "").rpartition(":")[2]
        yield Measure(number, "andere_score", _text(other, "andere_score"), kind or None)
    if (oso := result.find(f"{_LR}osoresultaat")) is not None:
        yield from _measured(oso, number)
        for reference in oso.iter(f"{_OSO}referentiescore"):
            yield Measure(
                number, _oso_text(reference, "codereferentiescore"), _oso_text(reference, "waarde"), None,
                _oso_text(reference, "codevergelijkingsgroep"), _oso_text(reference, "kwalificatie"),
            )  # fmt: skip


def _measured(oso: etree._Element, number: int) -> Iterator[Measure]:
    score = oso.find(f"{_OSO}toetsscore")
    if score is None:
        return
    scale = _oso_text(score, "codevaardigheidsschaal")
    for element in score.iter():
        name = local_name(element)
        if name in _MEASURED or name in _ON_SCALE:
            value = (element.text or "").strip() or None
            yield Measure(number, name, value, scale if name in _ON_SCALE else None)


def read_test(element: etree._Element) -> tuple[Test, list[Norm]]:
    """One test with its norm rows. Raises Fault naming the element that is wrong."""
    problem = problem_with(element)
    if problem is not None:
        raise problem
    code = _text(element, "toetscode") or ""
    norms = list(_norms(element.find(f"{_LR}toetsnormering"), code, None))
    for part in element.iter(f"{_LR}toetsonderdeel"):
        norms += _norms(part.find(f"{_LR}toetsonderdeelnormering"), code, _text(part, "toetsonderdeelcode"))
    test = Test(
        test_code=code,
        test_name=_text(element, "toetsnaam"),
        test_version=_text(element, "versie"),
        year_group=_text(element, "leerjaar"),
        subject=_text(element, "vakgebied"),
        category=element.findtext(f"{_LR}toetsnormering/{_LR}toetscategorie"),
    )
    return test, norms


def _norms(norming: etree._Element | None, test_code: str, test_part: str | None) -> Iterator[Norm]:
    for row in [] if norming is None else norming.iter(f"{_LR}norm"):
        lower, upper = _text(row, "beginnormwaarde"), _text(row, "eindnormwaarde")
        if lower is not None and upper is not None and Decimal(lower) > Decimal(upper):
            raise Fault(Code.NORM, "element norm: beginnormwaarde is greater than eindnormwaarde")
        term = _text(row, "term") or _text(row, "omschrijving")
        if term:
            yield Norm(test_code, test_part, term, lower, upper)


def _day(result: etree._Element) -> str:
    text = (_text(result, "afnamedatum") or "")[:10]
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Fault(Code.MESSAGE, "element afnamedatum: not a day of the calendar") from None


def _text(element: etree._Element, name: str) -> str | None:
    text = element.findtext(f"{_LR}{name}")
    return text.strip() or None if text else None


def _oso_text(element: etree._Element, name: str) -> str | None:
    text = element.findtext(f"{_OSO}{name}")
    return text.strip() or None if text else None
