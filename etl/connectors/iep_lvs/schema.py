"""The contract of UWLR as XML Schema, and what a message that breaks it is told.

See docs/connectors/iep_lvs.md, Contract.
"""

import re
from pathlib import Path
from threading import local
from typing import Any, Final, cast

from lxml import etree

from etl.connectors.iep_lvs.faults import Code, UwlrFault
from etl.engine.hardened import local_name

FOLDER: Final = Path(__file__).with_name("schemas")
RESULTS: Final = "http://www.edustandaard.nl/leerresultaten/2/leerresultaten"
AUTHORISATION: Final = "http://www.edustandaard.nl/leerresultaten/2/autorisatie"
DOSSIER: Final = "http://www.edustandaard.nl/oso_gegevensset/1.2/dossier"
VERSIONS: Final = frozenset({"2.0", "2.1", "2.2", "2.3"})

OWN_TYPE: Final = (
    "{urn:learning-results}type"  # where xsi:type of an anderresultaat is kept while it is checked
)
_OTHER_RESULT: Final = f"{{{RESULTS}}}anderresultaat"
_OF_AUTHORISATION: Final = f"{{{AUTHORISATION}}}"
_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_CODES: Final = {
    "score": Code.SCORE,
    "codereferentiescore": Code.VOCABULARY,
    "codevergelijkingsgroep": Code.VOCABULARY,
    "leerlingid": Code.PUPIL,
    "eckid": Code.PUPIL,
    "toetscategorie": Code.NORM,
    "toetsniveau": Code.NORM,
    "wegingsfactor": Code.NORM,
    "term": Code.NORM,
    "beginnormwaarde": Code.NORM,
    "eindnormwaarde": Code.NORM,
    "schoolcijfer_vanaf": Code.NORM,
    "schoolcijfer_totenmet": Code.NORM,
}
_ELEMENT: Final = re.compile(
    r"^Element '(?:\{(?P<namespace>[^}]*)\})?(?P<name>[^']+)'(?P<problem>.*)$", re.DOTALL
)
_ATTRIBUTE: Final = re.compile(r"^, attribute '([^']+)'")
_MISSING: Final = re.compile(r"Missing child element\(s\)\. Expected is (?:one of )?\( (.*?) \)")
_NAMESPACE: Final = re.compile(r"\{[^}]*\}")
_STRUCTURE: Final = ("SCHEMAV_ELEMENT_CONTENT", "SCHEMAV_CVC_COMPLEX_TYPE")


def problem_with(element: etree._Element) -> UwlrFault | None:
    """The first way in which an element (a school, pupil, result, test, header) breaks the contract, if any.

    The text names the element and, where the order is wrong, what was expected; it never repeats a value.
    """
    put_types_aside(element)
    schema = _schema("autorisatie" if element.tag.startswith(_OF_AUTHORISATION) else "leerresultaten")
    if schema.validate(element):
        return None
    return _fault(element, cast(Any, schema.error_log)[0])


def put_types_aside(element: etree._Element) -> None:
    """Suppliers derive types of results that nobody else has the definition of."""
    for other in element.iter(_OTHER_RESULT):
        if _TYPE in other.attrib:
            other.set(OWN_TYPE, str(other.attrib.pop(_TYPE)))


def _fault(element: etree._Element, error: etree._LogEntry) -> UwlrFault:
    match = _ELEMENT.match(error.message)
    if match is None:
        return UwlrFault(Code.MESSAGE, f"element {local_name(element)}: not as the contract has it")
    name = match["name"]
    place = name if name == local_name(element) else f"{name} (in {local_name(element)})"
    in_dossier = match["namespace"] == DOSSIER or name == "osoresultaat"
    fallback = Code.OSO_RESULT if in_dossier else Code.MESSAGE
    if error.type_name.startswith(_STRUCTURE):  # the parser's words hold names of elements, no values
        explained = _NAMESPACE.sub("", match["problem"]).lstrip(": ")
        missing = _MISSING.match(explained)
        if missing:
            return UwlrFault(fallback, f"element {missing[1]} (in {name}): missing")
        return UwlrFault(fallback, f"element {place}: {explained}")
    attribute = _ATTRIBUTE.match(match["problem"])
    place = f"{place}, attribute {attribute[1]}" if attribute else place
    return UwlrFault(
        _CODES.get(name, fallback), f"element {place}: the value does not have the form that is asked for"
    )


_schemas: Final = local()  # a schema keeps the errors of its last validation: each thread needs its own


def _schema(name: str) -> etree.XMLSchema:
    if not hasattr(_schemas, name):
        setattr(_schemas, name, etree.XMLSchema(file=str(FOLDER / f"{name}.xsd")))
    schema: etree.XMLSchema = getattr(_schemas, name)
    return schema
