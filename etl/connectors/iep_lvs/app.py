"""The receiver as an ASGI application: SOAP in, contract out (docs/connectors/iep_lvs.md, Who calls whom).

Airflow's API server and ``etl serve`` have it below the path of its connector. Senders prove who they are inside the
message, so there is no login in front of it. Put TLS before it. Settings: ``UWLR_MAX_BYTES``, ``UWLR_PUBLIC_URL``
(etl/settings.py).
"""

from typing import Final
from xml.sax.saxutils import quoteattr

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from etl import settings
from etl.connectors.iep_lvs.receiver import UwlrReceiver, refusal
from etl.connectors.iep_lvs.schema import FOLDER
from etl.engine.mounting import ALONE, Host
from etl.engine.receiving import posted_to

_SCHEMAS: Final = ("leerresultaten", "autorisatie", "dossier")


def create_app(url: str | None = None, host: Host = ALONE) -> Starlette:
    """The receiver for the warehouse at ``url`` (see ``posted_to``). Raises InvalidInput for a wrong setting."""
    address = settings.UWLR_PUBLIC_URL.get()

    async def wsdl(request: Request) -> Response:
        contract = (FOLDER / "leerresultaten.wsdl").read_text(encoding="utf-8")
        located = quoteattr(address or str(request.url.replace(query="")))
        return Response(
            contract.replace('location="leerresultaten"', f"location={located}"), media_type="text/xml"
        )

    bring = posted_to(UwlrReceiver, refusal, settings.UWLR_MAX_BYTES.get(), url, host.tell)
    routes = [
        Route("/leerresultaten", bring, methods=["POST"]),
        Route("/leerresultaten", wsdl, methods=["GET"]),
        *(Route(f"/{name}.xsd", _schema, methods=["GET"]) for name in _SCHEMAS),
    ]
    return Starlette(routes=routes)


async def _schema(request: Request) -> Response:
    return Response((FOLDER / request.url.path.rpartition("/")[2]).read_bytes(), media_type="text/xml")
