"""How a notebook reaches the façade before LEGACY, and sees what it does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import httpx

from labkit.common.errors import LabError
from labkit.lab.dicomweb import EmbeddedDicomweb
from labkit.lab.health import HEALTH_AE, TIMEOUT, Health, NodeHealth
from labkit.lab.nodes import AUTH, DICOMWEB, LAKESIDE, NORTH, PROXY

if TYPE_CHECKING:
    from labkit.lab.description import Description
    from labkit.lab.protocol import Mark


class EmbeddedProxy(EmbeddedDicomweb):
    """DICOMweb of LEGACY, through the façade.

    Parameters
    ----------
    url
        Its base URL.
    ask
        Gets a path of the control interface.
    headers
        Gives what the client sends with each request, such as a token.
    """

    def __init__(
        self,
        url: str,
        ask: Callable[[str], Any],
        headers: Callable[[], dict[str, str]] = dict,
    ) -> None:
        super().__init__(url, headers)
        self._ask = ask

    def traces(self, since: Mark | None = None, last: int | None = None) -> list[dict[str, Any]]:
        """Return what each HTTP request caused (labkit-proxy-trace/1), newest last.

        Parameters
        ----------
        since
            What `lab.mark()` returned.
        last
            The newest so many; without it all since the mark, or else the newest 20.
        """
        from labkit.lab.embedded import since_mark

        most = last if last is not None else 20 if since is None else 0
        found: list[dict[str, Any]] = self._ask(
            f"/proxy/traces?{since_mark(since, 'traces', PROXY)}&last={most}"
        )
        return found

    def stats(self) -> dict[str, Any]:
        """Return its counters: DIMSE operations, cache, associations, circuit breakers."""
        found: dict[str, Any] = self._ask("/proxy/stats")
        return found

    def __repr__(self) -> str:
        return "DICOMweb of LEGACY, through the façade"


class ProxyVerbs:
    """The part of a lab that is about its faces over HTTP."""

    if TYPE_CHECKING:

        def _call(self, method: str, path: str, body: object = None) -> Any: ...
        def _described(self) -> Description: ...
        def _headers(self) -> dict[str, str]: ...
        def health(self) -> Health: ...  # noqa: D102

    @property
    def proxy(self) -> EmbeddedProxy:
        """The façade: DICOMweb in front of LEGACY."""
        url = self._described().proxy_url
        return EmbeddedProxy(url, lambda path: self._call("GET", path), self._headers)

    def whole_health(self) -> Health:
        """Ask every service whether it is well, those over HTTP too."""
        rows = list(self.health())
        try:
            self._call("GET", "/ping")
        except LabError:
            return Health(tuple(rows))
        described = self._described()
        for name, url, role, site, paths in (
            (DICOMWEB, described.dicomweb_url, "DICOMweb of ARCHIVE", NORTH, _DICOMWEB),
            (PROXY, described.proxy_url, "DICOMweb of LEGACY", LAKESIDE, _DICOMWEB),
            (AUTH, described.auth_url, "authorization server", "shared", _AUTH),
        ):
            if url:
                said = _asked(name, url, self._headers(), paths)
                rows.append(NodeHealth(name, "", role, site, *said))
        return Health(tuple(rows))


_DICOMWEB, _AUTH = ("/openapi.json", "/studies?limit=1"), ("/jwks",)


def _asked(name: str, url: str, headers: dict[str, str], paths: tuple[str, ...]) -> tuple[str, str]:
    """Ask a service for its own description: problem and remedy.

    A product that has no description (404) is asked for one study.
    """
    said = "does not answer."
    for path in paths:
        try:
            who = {"User-Agent": HEALTH_AE, **headers}
            answer = httpx.get(url + path, headers=who, timeout=TIMEOUT, trust_env=False)
        except httpx.HTTPError:
            break
        if not answer.is_error:
            return "", ""
        said = f"answers {answer.status_code}."
        if answer.status_code != httpx.codes.NOT_FOUND:
            break
    return said, f'Start it with lab.start_node("{name}"), or put all back with lab.reset().'
