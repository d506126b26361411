"""DICOMweb of the archive as a part of the lab: QIDO-RS, WADO-RS, STOW-RS, and WADO-URI beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from labkit.common.serving import HOST
from labkit.dicomweb import ArchiveSource, dicomweb_app, wado_app
from labkit.dicomweb.mounting import below
from labkit.lab.face import Face
from labkit.lab.nodes import DICOMWEB
from labkit.lab.secure.guarding import Guarding
from labkit.pacs import Archive, EventLog

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from labkit.pacs import ObjectSink

BASE, WADO = "/dicom-web", "/wado"
OUTSIDE = PlainTextResponse(f"DICOMweb is at {BASE}, WADO-URI at {WADO}", status_code=404)


class WebNode(Face):
    """The web face of an archive.

    Parameters
    ----------
    archive
        Shared with the DICOM node.
    log
        Gets one line a request.
    sink
        Where STOW-RS puts objects, if not into the archive.
    guarding
        Says who decides, and what checks tokens; the open lab's by default.
    """

    def __init__(
        self,
        archive: Archive,
        log: EventLog,
        *,
        sink: ObjectSink | None = None,
        guarding: Guarding | None = None,
    ) -> None:
        super().__init__(DICOMWEB, BASE, log)
        self._source = ArchiveSource(archive, sink)
        self._guarding = guarding or Guarding()

    def start(self, port: int = 0) -> int:
        """Serve, WADO-URI at ``/wado`` of the same origin; one that runs is left alone."""
        return self._port if self.running else super().start(port)

    def _app(self) -> ASGIApp:
        policy = self._guarding.policy_of(DICOMWEB)
        apps = {
            BASE: dicomweb_app(self._source, policy, base_url=self.url),
            WADO: wado_app(self._source, policy, base_url=f"http://{HOST}:{self._port}{WADO}"),
        }
        guarded = self._guarding.guard(DICOMWEB, below(apps, OUTSIDE), self.url)
        return _noted(guarded, self._log)


def _noted(app: ASGIApp, log: EventLog) -> ASGIApp:
    """Write a line for each request: method, path and status. Values of the query stay out."""

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                asked = f"{scope['method']} {scope['path'].removeprefix(BASE).lstrip('/')}"
                level = "INFO" if status < 400 else "WARNING"
                log.write(level, DICOMWEB, "-", f"{asked} -> {status}")
            await send(message)

        await app(scope, receive, noting)

    return noted
