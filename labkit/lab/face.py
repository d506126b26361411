"""A web service as a part of the lab: at the port it had, noted in its log, switched on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labkit.common.serving import HOST, HttpService

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from labkit.pacs import EventLog


class Face:
    """One service of the lab over HTTP.

    Parameters
    ----------
    name
        The name by which it is stopped, started and looked up.
    path
        Where its base URL begins.
    log
        Gets a line when it begins and ends.
    """

    def __init__(self, name: str, path: str, log: EventLog) -> None:
        self._name, self._path, self._log = name, path, log
        self._service = HttpService(name.lower())
        self._port = 0

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://{HOST}:{self._port}{self._path}"

    @property
    def running(self) -> bool:
        """Whether it answers now."""
        return self._service.running

    def start(self, port: int = 0) -> int:
        """Serve, at `port` where it is free, else at the one it had; return the port."""
        self._port = self._service.bind(port or self._port)
        self._service.start(self._app())
        self._log.write("INFO", self._name, "-", "listening")
        return self._port

    def stop(self) -> None:
        """Stop answering; what it holds stays."""
        if self.running:
            self._log.write("INFO", self._name, "-", "stopped")
        self._service.stop()

    def _app(self) -> ASGIApp:
        """Make what is served; the port is known by then."""
        raise NotImplementedError
