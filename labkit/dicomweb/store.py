"""STOW-RS: storing (PS3.18 10.5). The body is read as it comes; few objects are held at a time."""

from __future__ import annotations

import asyncio
import json
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from pydicom.errors import InvalidDicomError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from labkit.common.errors import DataError
from labkit.dicom.guarded import read_dataset
from labkit.dicom.reading import PARSE_ERRORS
from labkit.dicomweb.media import DICOM, JSON, MULTIPART, XML, choose, parse
from labkit.dicomweb.multipart import Begin, End, Parser
from labkit.dicomweb.native_xml import to_xml
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.service import Service, place_of
from labkit.dicomweb.source import Json, Outcome, Place

_IN_MEMORY = 1 << 20
_AT_ONCE = 4  # objects of one request that are stored side by side: disks are slow to be sure
_CANNOT_UNDERSTAND, _DOES_NOT_MATCH, _NOT_AUTHORISED = 0xC000, 0xA900, 0x0124
_DUPLICATE = 0x0111
_UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
_TAGS = ("SOPClassUID", "PatientID", *_UIDS)
_REMEDY = 'Send Content-Type: multipart/related; type="application/dicom"; boundary=… (10.5.2).'


class _Receiving:
    """One request to store: puts parts together and has each stored as soon as it is whole."""

    def __init__(self, service: Service, request: Request, place: Place) -> None:
        self.service, self.request, self.place = service, request, place
        self._storing: list[asyncio.Task[Outcome]] = []
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._file: Any = None
        self._kind = DICOM

    async def take(self, parser: Parser | None, data: bytes) -> None:
        if parser is None:
            await self._write(data)
            return
        for event in parser.feed(data):
            if isinstance(event, Begin):
                self.begin(parse(event.headers.get("content-type", DICOM)).name)
            elif isinstance(event, End):
                await self.end()
            else:
                await self._write(event)

    def begin(self, kind: str = DICOM) -> None:
        self._kind = kind
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115

    async def _write(self, data: bytes) -> None:
        if self._file is not None:
            self._file.write(data)

    async def end(self) -> None:
        file, self._file = self._file, None
        await self._room.acquire()  # where none is free, the body is not read on either
        self._storing.append(asyncio.create_task(self._stored(file, self._kind)))

    async def _stored(self, file: Any, kind: str) -> Outcome:
        try:
            with file:
                if kind != DICOM:
                    text = f"a part is {kind}, not {DICOM}"
                    return Outcome(Place(), failure=_CANNOT_UNDERSTAND, text=text)
                file.seek(0)
                return await run_in_threadpool(self._store, cast(BinaryIO, file))
        finally:
            self._room.release()

    async def outcomes(self) -> list[Outcome]:
        """What became of each object, in the order in which they came."""
        return list(await asyncio.gather(*self._storing))

    async def drop(self) -> None:
        """Forget a part that did not come to its end; let those that did be stored."""
        if self._file is not None:
            self._file.close()
            self._file = None
        await asyncio.gather(*self._storing, return_exceptions=True)

    def _store(self, file: BinaryIO) -> Outcome:
        try:
            ds = read_dataset(file, stop_before_pixels=True, specific_tags=list(_TAGS))
            sop_class = str(ds.get("SOPClassUID") or "")
            held = Place(*(str(ds.get(keyword) or "") for keyword in _UIDS))
            patient_id = str(ds.get("PatientID") or "")
        except (InvalidDicomError, *PARSE_ERRORS) as error:
            text = f"a part is no Part 10 file ({error})"
            return Outcome(Place(), failure=_CANNOT_UNDERSTAND, text=text)
        if self.place.study and held.study != self.place.study:
            text = "the object is of another study than the URL (10.5.1.1)"
            return Outcome(held, sop_class, _DOES_NOT_MATCH, text=text)
        resource = {"PatientID": patient_id, **held.keys()}
        if not self.service.may(self.request, "store", resource):
            return Outcome(held, sop_class, _NOT_AUTHORISED, text="this object may not be stored")
        file.seek(0)
        outcome = self.service.source.store(file)
        if outcome.failure == _DUPLICATE and self._hidden(held.instance):
            file.seek(0)
            self.service.source.set_aside(file)  # type: ignore[attr-defined]
            return Outcome(held, sop_class)
        return outcome

    def _hidden(self, uid: str) -> bool:
        """Whether what has this UID is hidden from the sender, who must not learn of it."""
        taken_by = getattr(self.service.source, "taken_by", None)
        whose = taken_by(uid) if taken_by is not None else None
        return whose is not None and not self.service.may_see(self.request)(*whose)


async def store(service: Service, request: Request) -> Response:
    """Store what is sent: 200 all, 202 some or with warnings, 409 none (10.5.3.1)."""
    place = place_of(request)
    form = choose(request, (JSON, XML)) if request.headers.get("accept") else JSON
    await run_in_threadpool(service.allow, request, "store")
    content = parse(request.headers.get("content-type", ""))
    if content.name == MULTIPART and content.type in ("", DICOM):
        parser: Parser | None = Parser(content.parameters.get("boundary", ""))
    elif content.name == DICOM:
        parser = None
    else:
        said = f"{content.name}; type={content.type}" if content.type else content.name or "nothing"
        raise WebError(415, f"the request carries {said}", remedy=_REMEDY)
    receiving = _Receiving(service, request, place)
    if parser is None:
        receiving.begin()
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > service.max_body:
                raise WebError(413, f"a request has at most {service.max_body} bytes here",
                               remedy="Store in several requests.")  # fmt: skip
            await receiving.take(parser, chunk)
        if parser is not None:
            parser.close()
        else:
            await receiving.end()
    except DataError as error:
        outcomes = await receiving.outcomes()
        if not outcomes:
            raise
        # Some are stored by now; the client has to be told which, so this is a failure among them.
        broken = Outcome(Place(), failure=_CANNOT_UNDERSTAND, text=error.message)
        return _answer(service, [*outcomes, broken], form)
    finally:
        await receiving.drop()
    outcomes = await receiving.outcomes()
    if not outcomes:
        raise WebError(400, "the body holds no object", remedy=_REMEDY)
    return _answer(service, outcomes, form)


def _answer(service: Service, outcomes: list[Outcome], form: str) -> Response:
    stored = [outcome for outcome in outcomes if not outcome.failure]
    status = 409 if not stored else 200
    if stored and (len(stored) < len(outcomes) or any(outcome.warning for outcome in stored)):
        status = 202
    body = response_of(outcomes, service.base_url)
    texts = dict.fromkeys(o.text for o in outcomes if o.text)
    clean = (t.replace('"', "'").encode("ascii", "replace").decode() for t in list(texts)[:5])
    said = ", ".join(f'299 {service.base_url} "{text}"' for text in clean)
    headers = {"Content-Type": form, **({"Warning": " ".join(said.split())} if said else {})}
    data = to_xml(body) if form == XML else json.dumps(body, ensure_ascii=False).encode()
    return Response(data, status, headers)


def response_of(outcomes: list[Outcome], base_url: str) -> Json:
    """The Store Instances Response Module (PS3.18 Annex I)."""
    made: Json = {}
    studies = {o.place.study for o in outcomes if o.place.study and not o.failure}
    if len(studies) == 1:
        made["00081190"] = _element("UR", f"{base_url}/studies/{studies.pop()}")
    failed: list[Json] = []
    others: list[Json] = []
    done: list[Json] = []
    for outcome in outcomes:
        item: Json = {}
        if outcome.place.instance:
            item["00081150"] = _element("UI", outcome.sop_class_uid)
            item["00081155"] = _element("UI", outcome.place.instance)
        if outcome.failure:
            item["00081197"] = _element("US", outcome.failure)
            (failed if outcome.place.instance else others).append(item)
            continue
        item["00081190"] = _element("UR", base_url + outcome.place.path)
        if outcome.warning:
            item["00081196"] = _element("US", outcome.warning)
        done.append(item)
    for tag, items in (("00081198", failed), ("00081199", done), ("0008119A", others)):
        if items:
            made[tag] = {"vr": "SQ", "Value": items}
    return made


def _element(vr: str, value: str | int) -> Json:
    return {"vr": vr, "Value": [value]} if value != "" else {"vr": vr}
