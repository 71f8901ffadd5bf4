"""The documents that ILIAS answers with, and the envelopes around them, as its source writes them."""

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from etl.sandbox.frame import SandboxReply
from etl.sandbox.ilias.books import User

NAMESPACE = "urn:ilUserAdministration"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
_HEADER = '<?xml version="1.0" encoding="utf-8"?>\n'
_XML = "text/xml; charset=utf-8"
_COLUMNS = ("user_id", "login", "firstname", "lastname", "matriculation", "maximum_points", "received_points")


def changes(rows: Iterable[dict[str, str]]) -> str:
    """What getLearningProgressChanges answers with; it has no DOCTYPE."""
    return _HEADER + f"<LPData>{''.join(_empty('LPChange', row) for row in rows)}</LPData>"


def users(found: Iterable[User], site: str, exported: set[str]) -> str:
    """What getUserXML answers with: numbers only where they are filled and ``exported``."""
    doctype = f'<!DOCTYPE Users PUBLIC "-//ILIAS//DTD UserImport//EN" "{site}/xml/ilias_user_5_1.dtd">\n'
    inner = "".join(_user(one, exported) for one in found)
    return f"{_HEADER}{doctype}<!--User of ilias system--><Users>{inner}</Users>"


def results(rows: Iterable[tuple[User, str, str]], site: str) -> str:
    """What getTestResults answers with where only sums are asked for."""
    doctype = f'<!DOCTYPE result PUBLIC "-//ILIAS//DTD XMLResultSet//EN" "{site}/xml/ilias_xml_resultset_3_7.dtd">\n'
    columns = "".join(
        _empty("colspec", {"idx": str(place), "name": name}) for place, name in enumerate(_COLUMNS)
    )
    lines = ""
    for user, most, got in rows:
        cells = (user.user_id, user.login, user.firstname, user.lastname, user.matriculation, most, got)
        lines += f"<row>{''.join(f'<column>{escape(cell)}</column>' for cell in cells)}</row>"
    return f"{_HEADER}{doctype}<result><colspecs>{columns}</colspecs><rows>{lines}</rows></result>"


def answer(operation: str, name: str, value: str, kind: str = "string") -> SandboxReply:
    """The envelope of an answer."""
    inner = (
        f'<ns1:{operation}Response xmlns:ns1="{NAMESPACE}">'
        f'<{name} xsi:type="xsd:{kind}">{escape(value)}</{name}></ns1:{operation}Response>'
    )
    return SandboxReply(_envelope(inner), media_type=_XML)


def fault(text: str, code: str) -> SandboxReply:
    """The envelope of a fault, which comes with status 500."""
    inner = (
        f'<SOAP-ENV:Fault><faultcode xsi:type="xsd:string">{code}</faultcode>'
        '<faultactor xsi:type="xsd:string"></faultactor>'
        f'<faultstring xsi:type="xsd:string">{escape(text)}</faultstring><detail/></SOAP-ENV:Fault>'
    )
    return SandboxReply(_envelope(inner), 500, _XML)


def _envelope(inner: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope SOAP-ENV:encodingStyle="{ENCODING}"'
        f' xmlns:SOAP-ENV="{SOAP}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<SOAP-ENV:Body>{inner}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    ).encode()


def _user(user: User, exported: set[str]) -> str:
    said = [
        ("Login", user.login),
        ("Firstname", user.firstname),
        ("Lastname", user.lastname),
        ("Matriculation", user.matriculation if "matriculation" in exported else ""),
        ("ExternalAccount", user.external_account if "external_account" in exported else ""),
    ]
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in said if text)
    return f'<User Id="il_0_usr_{user.user_id}" Language="nl" Action="Update">{inner}</User>'


def _empty(name: str, attributes: dict[str, str]) -> str:
    return f"<{name}{''.join(f' {key}={quoteattr(value)}' for key, value in attributes.items())}/>"
