"""What guards the doors of a lab. The open lab's lets everything pass; `wiring` has the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.common.access import ALLOW_ALL, AccessPolicy
from labkit.common.errors import UsageError

if TYPE_CHECKING:
    import ssl

    from starlette.types import ASGIApp

    from labkit.access import Grant
    from labkit.dimse import Peer
    from labkit.dimse.association import Tls
    from labkit.lab.face import Face
    from labkit.lab.secure.subjects import Holding
    from labkit.pacs import EventLog

RIS_CLIENT = "ris"
"""As which the RIS asks the FHIR server of a secure lab."""
Act = Callable[[Any], Any]
"""One act of the control interface: takes what was asked, gives what JSON can hold."""


class Guarding:
    """Everything that the services of a lab ask about access. This one is the open lab's.

    A service never finds out for itself whether the lab is secure: it asks this object, and what it
    is told not to do it does not do.
    """

    secure = False

    @property
    def auth_url(self) -> str:
        """Base URL of the authorization server; ``""`` where there is none."""
        return ""

    @property
    def faces(self) -> Mapping[str, Face]:
        """Services over HTTP that a guarded lab has beside those of an open one, by name."""
        return {}

    def policy_of(self, door: str) -> AccessPolicy:
        """Return who decides at a node or service of this name."""
        return ALLOW_ALL

    @property
    def logs(self) -> Mapping[str, EventLog]:
        """Return the logs of those services."""
        return {}

    def prepare(self, ports: Mapping[str, int]) -> None:
        """Have ready what the services are started with; `ports` are those of last time."""

    def guard(self, name: str, app: ASGIApp, base_url: str) -> ASGIApp:
        """Put what checks tokens before a service.

        Parameters
        ----------
        name
            The service: ``"FHIR"``, ``"DICOMWEB"``, ``"PROXY"``.
        base_url
            What a token has to be for (its audience).
        """
        return app

    def server_tls(self, ae_title: str) -> ssl.SSLContext | None:
        """Return what a node, or the RIS, has to listen with; ``None``: as its settings say."""
        return None

    def client_tls(self, ae_title: str) -> Tls:
        """Return what a node calls others with; ``None``: what its settings say."""
        return None

    def admission(self, name: str) -> Mapping[str, Any]:
        """Return what more a DICOM node is made with, to find out who calls."""
        return {}

    def known(self, name: str, destinations: Mapping[str, Peer]) -> Mapping[str, Peer]:
        """Return the destinations of a node as it has to call them."""
        return destinations

    def delivers(self) -> bool:
        """Whether the FHIR server delivers notices of Subscriptions."""
        return True

    def headers(self, client_id: str) -> dict[str, str]:
        """Return what a program of the lab itself sends with a request over HTTP."""
        return {}

    def check_settings(self, name: str, values: Mapping[str, Any]) -> None:
        """Refuse settings that would open a door."""

    def refuse(self, what: str) -> None:
        """Refuse what an open lab alone does."""

    def moved(self, urls: Mapping[str, str]) -> None:
        """Take note of where the services are: base URL by name."""

    def story(self) -> list[dict[str, Any]]:
        """Return what the FHIR server holds in a new lab beside the patients."""
        return []

    def first_state(self) -> None:
        """Have what the guard itself holds in a new lab; the audit so far is kept aside."""

    def acts(self) -> Mapping[tuple[str, str], Act]:
        """Return more acts of the control interface, by verb and path."""
        return {}

    def holds(self, held: Callable[[str], Holding]) -> None:
        """Take note of how it is found out what the FHIR server at a base URL holds."""

    def proven(self, token: str, audience: str) -> Grant:
        """Say what a token proves at a service.

        Raises
        ------
        LabkitError
            It proves nothing; an open lab gives no tokens, so here it always is so.
        """
        raise UsageError("An open lab gives no tokens.", remedy="Start one with --secure.")

    def close(self) -> None:
        """Close every file."""


def only_open(what: str) -> UsageError:
    """Make the refusal of something that a guarded lab does not do."""
    return UsageError(
        f"{what} is not done in a secure lab.",
        remedy="Do it in the open one: `labkit up` without --secure, labkit.open_lab().",
    )
