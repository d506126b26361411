"""HAPI behind the door of a secure lab: it asks the lab's process what may be seen and done."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from labkit.access.decisions import KEY, decisions_app
from labkit.access.remote import RemoteSubjects
from labkit.common.errors import LabError, LabkitError
from labkit.common.serving import HOST, HttpService
from labkit.fhir import FhirClient
from labkit.lab.containers.hapi import PATIENCE, HapiNode
from labkit.lab.containers.porch import Porch
from labkit.lab.fhirnode import logged, under
from labkit.lab.nodes import FHIR
from labkit.lab.secure.subjects import ProductSubjects

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from labkit.lab.containers.secrets import Secrets
    from labkit.lab.secure.guarding import Guarding
    from labkit.pacs import EventLog

FORWARDED = "host.docker.internal"
"""As Docker Desktop names this machine to containers; it brings them to loopback by itself."""
_ABOUT_THE_WAY = ("host", "forwarded", KEY)
"""Headers that the door writes itself, or that nobody else may send."""
_UP = "labkit up --backend containers --secure"


class GuardedHapi(HapiNode):
    """The door before a HAPI that asks for decisions, and the service that it asks.

    Parameters
    ----------
    upstream
        HAPI's base URL.
    log
        Gets one line a request.
    guarding
        Decides, and says what a token proves.
    secrets
        What HAPI and the lab's process share.
    """

    def __init__(self, upstream: str, log: EventLog, guarding: Guarding, secrets: Secrets) -> None:
        # On Linux the containers find this machine at the gateway of their network.
        super().__init__(
            upstream, log, Porch("" if secrets.gateway == FORWARDED else secrets.gateway)
        )
        self.headers = {KEY: secrets.key}
        self._guarding, self._secrets = guarding, secrets
        self._decisions = HttpService("decisions")
        self._deciding: ASGIApp | None = None
        self._heard = threading.Event()
        self._remote = RemoteSubjects(upstream, secrets.key)

    def start(self, port: int = 0) -> int:
        """Answer what HAPI asks, then serve; return the port.

        Raises
        ------
        LabError
            HAPI does not ask, or cannot at the address that it was started with.
        """
        try:
            self._listen()
            self._prove()
            return super().start(port)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop serving and deciding: HAPI, whom nobody answers now, refuses everybody."""
        super().stop()
        self._deciding = None
        self._porch.close()
        self._decisions.stop()

    def close(self) -> None:
        """Close the door."""
        self.stop()
        self._remote.close()

    def holding(self, base_url: str) -> ProductSubjects:
        """Return what it holds, asked with the lab's key."""
        return ProductSubjects(self._remote, base_url)

    def story(self) -> Iterable[dict[str, Any]]:
        """Return what it holds in a new lab: the patients, and all that ties images to them."""
        return self._guarding.story()

    def _listen(self) -> None:
        wanted = self._secrets.decisions
        if self._decisions.bind(wanted) != wanted:
            raise LabError(
                f"Port {wanted} of this machine is taken; HAPI asks for decisions there.",
                remedy=f"Run `{_UP}` again: it chooses another.",
            )

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            self._heard.set()
            starting = JSONResponse({"error": "the lab is still starting"}, 503)
            await (self._deciding or starting)(scope, receive, send)

        self._decisions.start(answer)
        try:
            self._porch.open(wanted)
        except OSError as error:
            raise LabError(
                f"This machine has not the address {self._secrets.gateway} ({error.strerror}).",
                remedy="The engine has to run on this machine itself, with its own networks.",
            ) from error

    def _prove(self) -> None:
        """Find out that HAPI asks, and that what it asks arrives."""
        self._heard.clear()
        refused = False
        with FhirClient(self._upstream, timeout=PATIENCE) as anybody:
            try:
                next(anybody.search("Patient", _count="1"), None)
            except LabkitError:
                refused = True
        if not refused:
            raise LabError(
                "HAPI shows patients to whoever asks: it is not guarded.",
                remedy=f"Run `{_UP}`, which starts it so.",
            )
        if not self._heard.is_set():
            raise LabError(
                f"What HAPI asks does not arrive at {self._secrets.gateway}:"
                f"{self._secrets.decisions}, or HAPI does not answer.",
                remedy="Look at `docker compose ps`; and let the containers' network "
                f"({self._secrets.subnet}) through the firewall of this machine.",
            )

    def _app(self) -> ASGIApp:
        self._deciding = decisions_app(
            self._guarding.policy_of(FHIR),
            key=self._secrets.key,
            grants=lambda token: self._guarding.proven(token, self.url),
            base_url=self.url,
        )
        guarded = self._guarding.guard(FHIR, self._door(), self.url)
        return under("/fhir", logged(guarded, self._log))

    def _sent(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return what is passed on: not what says where a request came by, and never a key."""
        kept = {
            name: value
            for name, value in super()._sent(headers).items()
            if name not in _ABOUT_THE_WAY and not name.startswith("x-forwarded-")
        }
        return {**kept, "host": f"{HOST}:{self._port}"}

    def sound(self) -> bool:
        """Whether HAPI answers the lab."""
        with suppress(LabkitError):
            self._remote.search("Patient", {}, most=1)
            return True
        return False
