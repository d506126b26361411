"""Servers that note what they are asked, or refuse to store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from pydicom import dcmread
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.dicomweb import ArchiveSource, DicomwebClient, Outcome, Place, dicomweb_app
from labkit.pacs import Archive
from tests.exchange.ai.conftest import BASE


def counting(app: TestClient, seen: list[str]) -> DicomwebClient:
    """A client that notes what it asks."""

    class Noted(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            seen.append(f"{request.method} {request.url.path}")
            return app._transport.handle_request(request)

    return DicomwebClient(BASE, transport=Noted())


def refusing(archive: Archive, what: Callable[[str], int]) -> DicomwebClient:
    """An archive whose store says 0 (stored) or a failure for a SOP class."""

    class Picky(ArchiveSource):
        def store(self, file: Any) -> Any:
            ds = dcmread(file, stop_before_pixels=True)
            if code := what(ds.SOPClassUID.name):
                at = Place(ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
                return Outcome(at, ds.SOPClassUID, failure=code, text="not here")
            file.seek(0)
            return super().store(file)

    app = dicomweb_app(Picky(archive), ALLOW_ALL, base_url=BASE)
    return DicomwebClient(BASE, transport=TestClient(app, base_url=BASE)._transport)
