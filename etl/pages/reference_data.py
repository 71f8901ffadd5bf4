"""Reference data: a set is checked, with what it would change, before it is imported; export; who imported what."""

import secrets
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from etl import db, reference
from etl.errors import InvalidInput
from etl.pages.access import visitor_of
from etl.pages.host import PagesHost, Visitor
from etl.pages.reference_row import place_of
from etl.pages.render import html
from etl.reference import effect, uploads
from etl.reference.spec import FILES
from etl.reference.uploads import Unpacked

_SHOWN: Final = 200  # wrong lines, and rows of the history
_UPLOADS: Final = ("/reference-data-check", "/reference-data-import")
_CHUNK: Final = 2**16
_FORM: Final = 2**14  # bytes of the other fields


def is_upload(scope: Mapping[str, Any]) -> bool:
    """Whether a request is an upload, which looks at its token by itself: asgi-csrf cannot read what browsers upload
    (it calls python-multipart as that no longer is).
    """
    return str(scope["path"]).endswith(_UPLOADS)


def router(host: PagesHost) -> APIRouter:
    """The page, the check of an upload, its import, and the export."""
    pages = APIRouter()
    changer = visitor_of(host, "reference-data/change")

    @pages.get("/reference-data", dependencies=[visitor_of(host, "reference-data")])
    def page(
        request: Request,
        file: Annotated[str, Query(max_length=200)] = "",
        done: Literal["", "saved", "removed"] = "",
    ) -> Response:
        return _page(host, request, marked=file, done=done)

    @pages.get("/reference-data.zip", dependencies=[visitor_of(host, "reference-data")])
    def exported() -> Response:
        head = {"content-disposition": 'attachment; filename="reference-data.zip"'}
        return StreamingResponse(_zipped(host), media_type="application/zip", headers=head)

    # The body is read only after the visitor is known to have the right: a form of FastAPI would be read before.
    @pages.post("/reference-data-check")
    async def checked(request: Request, visitor: Annotated[Visitor, changer]) -> Response:
        async with _Form(request) as form:
            follows = "follows" in form.fields
            return await run_in_threadpool(
                _answer, host, request, form, lambda got: _check(host, got, follows)
            )

    @pages.post("/reference-data-import")
    async def imported(request: Request, visitor: Annotated[Visitor, changer]) -> Response:
        async with _Form(request) as form:
            seen = form.fields.get("fingerprint", ""), form.fields.get("version", "")
            return await run_in_threadpool(
                _answer, host, request, form, lambda got: _import(host, got, seen, visitor.name)
            )

    return pages


class _Form:
    """An uploaded file and the fields beside it; nothing of it is kept."""

    def __init__(self, request: Request) -> None:
        size = request.headers.get("content-length", "")
        if not size.isdigit():
            raise HTTPException(411, "Nothing was changed: the upload does not say how large it is.")
        if int(size) > uploads.MOST_BYTES + _FORM:
            raise HTTPException(413, f"Nothing was changed: more than {uploads.MOST_BYTES // 2**20} MB.")
        self._token = str(request.scope["csrftoken"]())
        self._parsing = request.form(max_files=1, max_fields=10, max_part_size=_FORM)

    async def __aenter__(self) -> "_Form":
        form = await self._parsing.__aenter__()
        self.fields = {name: value for name, value in form.items() if isinstance(value, str)}
        self.file = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        return self

    def check_token(self) -> None:
        """Answers 403 unless the form was made by these pages."""
        if not secrets.compare_digest(self.fields.get("csrftoken", "").encode(), self._token.encode()):
            raise HTTPException(403, "Nothing was changed: this form is not of these pages, or too old.")

    async def __aexit__(self, *raised: Any) -> None:
        await self._parsing.__aexit__(*raised)


def _answer(
    host: PagesHost, request: Request, form: _Form, do: Callable[[Unpacked], dict[str, Any]]
) -> Response:
    form.check_token()
    try:
        if form.file is None or not form.file.filename:
            raise InvalidInput("choose a file")
        with uploads.unpacked(form.file.filename, form.file.file) as got:
            return _page(host, request, file=form.file.filename, **do(got))
    except InvalidInput as refused:
        return _page(host, request, 422, refused=str(refused).splitlines())


def _check(host: PagesHost, got: Unpacked, follows: bool) -> dict[str, Any]:
    with host.engine().connect() as session:
        version = reference.version(session)
    found = reference.preview(got.directory, host.engine())
    told = []
    if follows and not found.problems:
        tried = effect.what_would_change(
            host.engine(), host.connect, lambda trial: reference.import_set(trial, got.directory)
        )
        told = effect.sentences(tried)
    return {"found": found, "told": told, "fingerprint": got.fingerprint, "version": version}


def _import(host: PagesHost, got: Unpacked, seen: tuple[str, str], by: str) -> dict[str, Any]:
    fingerprint, version = seen
    if got.fingerprint != fingerprint:
        raise InvalidInput("this is not the set that was checked: check it first")
    checked = int(version) if version.isdecimal() else 0
    return {"imported": reference.import_set(host.engine(), got.directory, by=by, seen=checked)}


def _page(host: PagesHost, request: Request, status: int = 200, **shown: Any) -> Response:
    with host.engine().connect() as session:
        history = db.rows(session, "pages/reference_data.history", most=_SHOWN)
    return html(
        request,
        "reference-data",
        status,
        history=history,
        files=FILES,
        place_of=place_of,
        most=_SHOWN,
        **shown,
    )


def _zipped(host: PagesHost) -> Iterator[bytes]:
    with TemporaryDirectory(prefix="etl-reference-") as folder, TemporaryFile() as whole:
        reference.export_set(host.engine(), Path(folder))
        with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(folder).iterdir()):
                archive.write(path, path.name)
        whole.seek(0)
        while chunk := whole.read(_CHUNK):
            yield chunk
